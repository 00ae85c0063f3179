/* SPDX-License-Identifier: BSD-3-Clause */
/** @file dnscache.c  Answers of name servers, also negative, for a while */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/re_compat.h"
#include "net/dnscache.h"

struct entry {
	struct le le;
	uint64_t end_ms;
	char *name;
	enum ua_rrtype type;
	struct ua_dnsans ans; /* last: only its used records are there */
};

struct ua_dnscache {
	struct list entries;
};


static void cache_destructor(void *data)
{
	struct ua_dnscache *cache = data;

	list_flush(&cache->entries);
}


static void entry_destructor(void *data)
{
	struct entry *entry = data;

	list_unlink(&entry->le);
	mem_deref(entry->name);
}


int ua_dnscache_alloc(struct ua_dnscache **cachep)
{
	struct ua_dnscache *cache;

	cache = mem_zalloc(sizeof(*cache), cache_destructor);
	if (!cache)
		return ENOMEM;

	list_init(&cache->entries);
	*cachep = cache;

	return 0;
}


static struct entry *entry_find(const struct ua_dnscache *cache,
				const char *name, enum ua_rrtype type)
{
	struct le *le;

	for (le = list_head(&cache->entries); le; le = le->next) {
		struct entry *entry = le->data;

		if (entry->type == type && !strcasecmp(entry->name, name))
			return entry;
	}

	return NULL;
}


static struct entry *entry_oldest(const struct ua_dnscache *cache)
{
	struct entry *oldest = NULL;
	struct le *le;

	for (le = list_head(&cache->entries); le; le = le->next) {
		struct entry *entry = le->data;

		if (!oldest || entry->end_ms < oldest->end_ms)
			oldest = entry;
	}

	return oldest;
}


static uint64_t ttl_ms(const struct ua_dnsans *ans)
{
	const uint32_t max =
		ans->err ? UA_DNSCACHE_NEG_MAX : UA_DNSCACHE_TTL_MAX;
	uint32_t ttl_s = ans->ttl_s;

	if (ttl_s < UA_DNSCACHE_TTL_MIN)
		ttl_s = UA_DNSCACHE_TTL_MIN;
	if (ttl_s > max)
		ttl_s = max;

	return (uint64_t)ttl_s * 1000;
}


int ua_dnscache_put(struct ua_dnscache *cache, uint64_t now_ms,
		    const char *name, enum ua_rrtype type,
		    const struct ua_dnsans *ans)
{
	const size_t size =
		offsetof(struct ua_dnsans, rrv) + ans->n * sizeof(ans->rrv[0]);
	struct entry *entry;
	int err;

	mem_deref(entry_find(cache, name, type));

	if (list_count(&cache->entries) >= UA_DNSCACHE_MAX)
		mem_deref(entry_oldest(cache));

	entry = mem_zalloc(offsetof(struct entry, ans) + size,
			   entry_destructor);
	if (!entry)
		return ENOMEM;

	err = str_dup(&entry->name, name);
	if (err) {
		mem_deref(entry);
		return err;
	}

	entry->end_ms = now_ms + ttl_ms(ans);
	entry->type = type;
	memcpy(&entry->ans, ans, size);
	list_append(&cache->entries, &entry->le, entry);

	return 0;
}


const struct ua_dnsans *ua_dnscache_get(struct ua_dnscache *cache,
					uint64_t now_ms, const char *name,
					enum ua_rrtype type)
{
	struct entry *entry = entry_find(cache, name, type);

	if (!entry)
		return NULL;

	if (now_ms >= entry->end_ms) {
		mem_deref(entry);
		return NULL;
	}

	return &entry->ans;
}


void ua_dnscache_flush(struct ua_dnscache *cache)
{
	list_flush(&cache->entries);
}
