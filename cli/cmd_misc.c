/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cmd_misc.c  uaphone devices, codecs, config: what there is */

#include <string.h>

#include <ua/audio.h>
#include <ua/codec.h>

#include "phone.h"


void list_codecs(struct ui *ui)
{
	size_t n, i;
	const struct ua_codec *const *codecs = ua_codec_table(&n);

	for (i = 0; i < n; ++i) {
		const struct ua_codec *codec = codecs[i];
		char name[64], rate[64];

		/* As --codec takes it: a rate where the name is not enough */
		if (ua_codec_find(codec->name) == codec &&
		    strcmp(codec->name, "l16"))
			snprintf(name, sizeof(name), "%s", codec->name);
		else
			snprintf(name, sizeof(name), "%s/%u", codec->name,
				 codec->clock_hz);

		snprintf(rate, sizeof(rate), "%u Hz", codec->srate_hz);
		ui->ops->item(ui, "codec", name, rate, NULL);
	}
}


void list_devices(struct ui *ui)
{
	size_t n, i;
	const struct ua_audio_driver *const *drivers = ua_audio_drivers(&n);

	for (i = 0; i < n; ++i) {
		const struct ua_audio_driver *drv = drivers[i];

		ui->ops->item(ui, "device", drv->usage,
			      drv->source && drv->sink ? "source and sink"
			      : drv->source            ? "source"
						       : "sink",
			      NULL);
	}
}


static int done(struct phone *phone)
{
	const struct outcome outcome = { .status = EXIT_OK };

	/* People see that a list has ended. */
	if (phone->ui.ops == &ui_json)
		phone->ui.ops->result(&phone->ui, &outcome);

	return EXIT_OK;
}


int cmd_codecs(struct phone *phone)
{
	list_codecs(&phone->ui);
	return done(phone);
}


int cmd_devices(struct phone *phone)
{
	list_devices(&phone->ui);
	return done(phone);
}


static void show_option(struct ui *ui, const struct optset *set,
			enum opt_id id)
{
	const struct opt *opt = opt_row(id);
	const struct optval *val = &set->val[id];
	char origin[600];
	unsigned i;

	if (opt->flags & (OPT_LATER | OPT_ARGV_ONLY))
		return;

	optset_origin(set, id, origin, sizeof(origin));
	for (i = 0; i < val->n; ++i)
		ui->ops->item(ui, "option", opt->name, val->value[i], origin);

	if (!val->n)
		ui->ops->item(ui, "option", opt->name,
			      opt->def                   ? opt->def
			      : opt->arg                 ? ""
			      : opt->kind == OPT_COUNTED ? "0"
							 : "no",
			      origin);
}


/* Sections of the file, told by a line with their name */
static void show_accounts(struct ui *ui, const struct conf *conf)
{
	unsigned k, i;

	for (k = 0; k < conf->naccts; ++k) {
		ui->ops->item(ui, "section", "account", conf->acct[k].name,
			      NULL);

		for (i = 0; i < OPT_N; ++i) {
			const struct opt *opt = opt_row((enum opt_id)i);

			if (opt->section == OPT_SEC_ACCOUNT ||
			    i == OPT_KEEPALIVE || i == OPT_KEEPALIVE_INTERVAL)
				show_option(ui, &conf->acct[k].set,
					    (enum opt_id)i);
		}
	}
}


int cmd_config(struct phone *phone)
{
	const struct conf *conf = phone->conf;
	unsigned i;

	for (i = 0; i < OPT_N; ++i)
		show_option(&phone->ui, &conf->base, (enum opt_id)i);

	if (conf->env_password && *conf->env_password)
		phone->ui.ops->item(&phone->ui, "option", "UAPHONE_PASSWORD",
				    "(hidden)", "environment");

	show_accounts(&phone->ui, conf);
	return done(phone);
}
