/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simheap.c  What will happen in the simulated net */

#include <errno.h>

#include "simcore.h"

enum { FIRST = 256 };


static bool before(const struct ua_simitem *a, const struct ua_simitem *b)
{
	return a->at_us < b->at_us ||
	       (a->at_us == b->at_us && a->seq < b->seq);
}


static void put(struct ua_simheap *heap, size_t place,
		const struct ua_simitem *item)
{
	heap->v[place] = *item;
	if (item->tmr)
		item->tmr->place = place;
}


static void rise(struct ua_simheap *heap, size_t place,
		 const struct ua_simitem *item)
{
	while (place > 1 && before(item, &heap->v[place / 2])) {
		put(heap, place, &heap->v[place / 2]);
		place /= 2;
	}

	put(heap, place, item);
}


static void sink(struct ua_simheap *heap, size_t place,
		 const struct ua_simitem *item)
{
	size_t child;

	while ((child = 2 * place) <= heap->n) {
		if (child < heap->n &&
		    before(&heap->v[child + 1], &heap->v[child]))
			++child;

		if (!before(&heap->v[child], item))
			break;

		put(heap, place, &heap->v[child]);
		place = child;
	}

	put(heap, place, item);
}


static int grow(struct ua_simheap *heap)
{
	const size_t size = heap->size ? heap->size * 2 : FIRST;
	struct ua_simitem *v;

	if (heap->n + 1 < heap->size)
		return 0;

	v = heap->v ? mem_realloc(heap->v, size * sizeof(*v))
		    : mem_alloc(size * sizeof(*v), NULL);
	if (!v)
		return ENOMEM;

	heap->v = v;
	heap->size = size;
	return 0;
}


int ua_simheap_push(struct ua_simheap *heap, struct ua_simitem *item)
{
	const int err = grow(heap);

	if (err)
		return err;

	item->seq = heap->seq++;
	rise(heap, ++heap->n, item);
	return 0;
}


void ua_simheap_drop(struct ua_simheap *heap, size_t place)
{
	const struct ua_simitem last = heap->v[heap->n];

	if (heap->v[place].tmr)
		heap->v[place].tmr->place = 0;

	if (place == heap->n--)
		return;

	if (place > 1 && before(&last, &heap->v[place / 2]))
		rise(heap, place, &last);
	else
		sink(heap, place, &last);
}


int ua_simheap_packet(struct ua_simnet *net, uint64_t at_us,
		      struct ua_simpacket *packet)
{
	struct ua_simitem item = { .at_us = at_us, .packet = packet };

	return ua_simheap_push(&net->heap, &item);
}


bool ua_simheap_pop(struct ua_simheap *heap, uint64_t until_us,
		    struct ua_simitem *item)
{
	if (!heap->n || heap->v[1].at_us > until_us)
		return false;

	*item = heap->v[1];
	ua_simheap_drop(heap, 1);

	return true;
}


void ua_simheap_close(struct ua_simheap *heap)
{
	size_t i;

	for (i = 1; i <= heap->n; i++) {
		if (heap->v[i].tmr)
			heap->v[i].tmr->place = 0;
	}

	heap->v = mem_deref(heap->v);
	heap->n = 0;
	heap->size = 0;
}
