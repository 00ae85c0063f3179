/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cmd_phone.c  uaphone: a phone that a user or a program drives */

#include "phone.h"


static void on_start(struct phone *phone)
{
	phone_start(phone);
	if (phone->ui.ops == &ui_tty && !phone->ui.quiet)
		ui_note(&phone->ui, "type help to see the words");
}


int cmd_phone(struct phone *phone)
{
	static const struct phone_ops ops = {
		.start = on_start,
		.incoming = phone_incoming,
		.ends_at_eof = true,
		.reads_pipe = true,
	};

	phone->ops = &ops;
	phone->ui.numbers = true;
	return phone_run(phone);
}
