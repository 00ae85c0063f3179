/* SPDX-License-Identifier: BSD-3-Clause */
/** @file verdict.c  What a call was, told in words, from its JSON and WAVs
 *
 * verdict CALL.json LISTEN.json SENT.wav HEARD.wav: ends with 0 if the call
 * came off and what was heard is what was sent.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <ua/audio.h>
#include "audio/wavin.h"
#include "media/compare.h"

enum { SRATE_HZ = 16000, LINE_LEN = 65536 };

/* A good codec over a line without loss gives more than this. */
static const double similar_enough = 0.7;

/* Of the sentence; an echo loses what is still under way at the end. */
static const double heard_enough = 0.9;

/** Lines of one kind, the last one seen */
struct story {
	json_t *calling;
	json_t *incoming; /**< At the other side */
	json_t *path;     /**< ice_connected */
	json_t *sent;
	json_t *heard;
	json_t *stats;
	json_t *closed;
	json_t *result;
};


static void keep(json_t **slot, json_t *line)
{
	json_decref(*slot);
	*slot = json_incref(line);
}


static void sort_in(struct story *story, json_t *line)
{
	const char *event = json_string_value(json_object_get(line, "event"));
	const struct {
		const char *name;
		json_t **slot;
	} slots[] = {
		{ "calling", &story->calling },
		{ "incoming", &story->incoming },
		{ "ice_connected", &story->path },
		{ "media_sent", &story->sent },
		{ "media_heard", &story->heard },
		{ "stats", &story->stats },
		{ "closed", &story->closed },
		{ "result", &story->result },
	};
	size_t i;

	for (i = 0; event && i < sizeof(slots) / sizeof(slots[0]); i++) {
		if (!strcmp(event, slots[i].name))
			keep(slots[i].slot, line);
	}
}


static void forget(struct story *story)
{
	json_decref(story->calling);
	json_decref(story->incoming);
	json_decref(story->path);
	json_decref(story->sent);
	json_decref(story->heard);
	json_decref(story->stats);
	json_decref(story->closed);
	json_decref(story->result);
}


static int read_story(struct story *story, const char *path)
{
	char *text = malloc(LINE_LEN);
	FILE *f = fopen(path, "r");
	json_t *line;

	if (!f || !text) {
		fprintf(stderr, "%s: cannot be read\n", path);
		if (f)
			fclose(f);
		free(text);
		return 1;
	}

	while (fgets(text, LINE_LEN, f)) {
		line = json_loads(text, 0, NULL);
		if (line)
			sort_in(story, line);
		json_decref(line);
	}

	fclose(f);
	free(text);
	return 0;
}


static const char *text_of(const json_t *obj, const char *key)
{
	const char *str = json_string_value(json_object_get(obj, key));

	return str ? str : "?";
}


static double number_of(const json_t *obj, const char *key)
{
	return json_number_value(json_object_get(obj, key));
}


static void print_path(const json_t *ice)
{
	const json_t *local = json_object_get(ice, "local");
	const json_t *remote = json_object_get(ice, "remote");

	printf("path     %s, %s %s -> %s %s, found in %.0f ms\n",
	       text_of(ice, "path"), text_of(local, "type"),
	       text_of(local, "addr"), text_of(remote, "type"),
	       text_of(remote, "addr"), number_of(ice, "ms"));
}


static void print_story(const struct story *story)
{
	const json_t *rx = json_object_get(story->stats, "rx");
	const json_t *media = json_object_get(story->result, "media");

	printf("call     %s called %s\n", text_of(story->incoming, "from"),
	       text_of(story->calling, "to"));
	if (story->path)
		print_path(story->path);
	printf("codec    %s\n", text_of(media, "codec"));
	printf("audio    first sent after %.0f ms, first heard after %.0f "
	       "ms\n",
	       number_of(story->sent, "ms"), number_of(story->heard, "ms"));
	printf("heard    %.2f s, %.0f packets, %.0f lost, jitter %.1f ms,"
	       " MOS %.1f\n",
	       number_of(media, "heard_s"), number_of(rx, "packets"),
	       number_of(rx, "lost"), number_of(rx, "jitter_ms"),
	       number_of(media, "mos"));
	printf("ended    by %s: %s\n", text_of(story->closed, "by"),
	       text_of(story->closed, "reason"));
}


static int open_wav(struct ua_wavin *wav, const char *path)
{
	char errstr[UA_AUDIO_ERRSTR];

	if (!ua_wavin_open(wav, path, SRATE_HZ, errstr))
		return 0;

	fprintf(stderr, "%s\n", errstr);
	return 1;
}


static int compare(const char *sent_path, const char *heard_path)
{
	struct ua_wavin sent = { .pcm = NULL };
	struct ua_wavin heard = { .pcm = NULL };
	struct ua_compare cmp = { .similarity = 0 };
	double want_s;
	int bad = 1;

	if (!open_wav(&sent, sent_path) && !open_wav(&heard, heard_path)) {
		const struct ua_compare_conf conf = {
			.sent = sent.pcm,
			.nsent = sent.nsamp,
			.heard = heard.pcm,
			.nheard = heard.nsamp,
			.srate_hz = SRATE_HZ,
		};

		want_s = (double)sent.nsamp / SRATE_HZ * heard_enough;
		bad = ua_compare(&cmp, &conf) ||
		      cmp.similarity < similar_enough;
		printf("compared similarity %.2f, after %.0f ms there and "
		       "back,"
		       " %.2f s of it: %s\n",
		       cmp.similarity, cmp.lag_ms, cmp.heard_s,
		       bad ? "NOT what was said" : "what was said came back");
		if (!bad && cmp.heard_s < want_s / 2) {
			printf("compared only %.2f s of %.2f s came back\n",
			       cmp.heard_s, want_s);
			bad = 1;
		}
	}

	ua_wavin_close(&sent);
	ua_wavin_close(&heard);
	return bad;
}


int main(int argc, char *argv[])
{
	struct story story = { .calling = NULL };
	struct story other = { .calling = NULL };
	int bad;

	if (argc != 5) {
		fprintf(stderr,
			"usage: %s CALL.json LISTEN.json SENT.wav HEARD.wav\n",
			argv[0]);
		return 64;
	}

	if (read_story(&other, argv[2]) || read_story(&story, argv[1]))
		return 1;
	keep(&story.incoming, other.incoming);

	print_story(&story);
	printf("recorded %s\n", argv[4]);
	bad = compare(argv[3], argv[4]);

	if (!story.result ||
	    json_integer_value(json_object_get(story.result, "exit"))) {
		printf("verdict  the call did NOT come off\n");
		bad = 1;
	}
	else {
		printf("verdict  %s\n", bad ? "FAILED" : "good");
	}

	forget(&story);
	forget(&other);

	return bad;
}
