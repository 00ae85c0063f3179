/* SPDX-License-Identifier: BSD-3-Clause */
/** @file relayconn.c  How the server of a relay is reached */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "call/flowcore.h"
#include "call/turnenv.h"
#include "net/tcpconn.h"
#include "stun/turnstream.h"

/** A connection of a relay over TCP or TLS */
struct ua_relayconn {
	struct ua_flow_relay *relay;
	struct ua_tcpconn *tcp;
	struct ua_turnstream stream;
};


static void conn_destructor(void *arg)
{
	struct ua_relayconn *conn = arg;

	mem_deref(conn->tcp);
}


/* The client of the relay is told, and says what comes next. */
static void broken(struct ua_flow_relay *relay, int err, const char *why)
{
	struct ua_flow *flow = mem_ref(relay->flow);
	char name[UA_RELAYS_NAME_MAX];

	ua_log(flow->env->log, flow->closing ? UA_LOG_DEBUG : UA_LOG_WARN,
	       "turn", "%s: %s", ua_relays_name(relay, name), why);

	relay->conn = mem_deref(relay->conn);
	if (relay->turn)
		ua_turn_broken(relay->turn, ua_clock_ms(), err);

	ua_flowpump_run(flow);
	mem_deref(flow);
}


static void on_ready(void *arg)
{
	struct ua_relayconn *conn = arg;
	struct ua_flow_relay *relay = conn->relay;
	char name[UA_RELAYS_NAME_MAX];
	char kind[80];

	ua_log(relay->flow->env->log, UA_LOG_DEBUG, "turn",
	       "%s: connected, %s", ua_relays_name(relay, name),
	       ua_tcpconn_kind(conn->tcp, kind, sizeof(kind)));
	ua_flowpump_run(relay->flow);
}


/* True: something moved the client, and is to be pumped */
static bool messages(struct ua_relayconn *conn, const uint8_t *buf, size_t len,
		     int *errp)
{
	struct ua_flow_relay *relay = conn->relay;
	const struct ua_addr server = *ua_tcpconn_remote(conn->tcp);
	bool moved = false;
	const uint8_t *msg;
	size_t n;

	/* A packet of media may end the flow. */
	while (mem_nrefs(conn) > 1 && relay->turn) {
		*errp = ua_turnstream_next(&conn->stream, &buf, &len, &msg,
					   &n);
		if (*errp || !n)
			break;

		moved |= ua_relays_input(relay, ua_clock_ms(), &server, msg,
					 n) != EALREADY;
	}

	return moved;
}


static void on_recv(const uint8_t *buf, size_t len, void *arg)
{
	struct ua_relayconn *conn = mem_ref(arg);
	struct ua_flow_relay *relay = conn->relay;
	struct ua_flow *flow = mem_ref(relay->flow);
	int err = 0;

	if (messages(conn, buf, len, &err))
		ua_flowpump_run(flow);

	if (err && relay->conn == conn)
		broken(relay, EPROTO, "what it sends is not TURN");

	mem_deref(conn);
	mem_deref(flow);
}


static void on_closed(int err, const char *why, void *arg)
{
	struct ua_relayconn *conn = arg;

	broken(conn->relay, err, why);
}


static int connect_to(struct ua_flow_relay *relay, const struct ua_addr *dst)
{
	struct ua_env *env = relay->flow->env;
	struct ua_tcpconn_conf conf = {
		.local = relay->host->addr,
		.remote = *dst,
		.host = relay->asked->server.host,
		.handlers = { .ready = on_ready,
			      .recv = on_recv,
			      .closed = on_closed },
	};
	struct ua_relayconn *conn;
	int err;

	if (relay->asked->tp == UA_TP_TLS) {
		err = ua_turnenv_trust(env, &conf.trust);
		if (err)
			return err;
	}

	conn = mem_zalloc(sizeof(*conn), conn_destructor);
	if (!conn)
		return ENOMEM;

	conn->relay = relay;
	conf.local.port = 0;
	conf.handlers.arg = conn;
	err = ua_tcpconn_open(&conn->tcp, &conf);
	if (err) {
		mem_deref(conn);
		return err;
	}

	relay->conn = conn;
	return 0;
}


static void own_recv(const struct ua_addr *src, uint8_t *buf, size_t len,
		     void *arg)
{
	struct ua_flow_relay *relay = arg;
	struct ua_flow *flow = mem_ref(relay->flow);
	int err = ENOENT;

	if (relay->turn)
		err = ua_relays_input(relay, ua_clock_ms(), src, buf, len);

	if (err != ENOENT && err != EALREADY)
		ua_flowpump_run(flow);

	mem_deref(flow);
}


static void own_error(int err, const struct ua_addr *dst, void *arg)
{
	struct ua_flow_relay *relay = arg;

	(void)dst;
	if (relay->turn)
		ua_turn_error(relay->turn, ua_clock_ms(), err);

	ua_flowpump_run(relay->flow);
}


int ua_relayconn_open(struct ua_flow_relay *relay, bool own)
{
	struct ua_addr local = relay->host->addr;
	int err;

	if (relay->asked->tp != UA_TP_UDP)
		return connect_to(relay, &relay->server);

	if (!own)
		return 0;

	local.port = 0;
	err = ua_sock_open(&relay->sock, &local, own_recv, own_error, relay);
	if (!err && ua_sock_dscp_set(relay->sock, UA_DSCP_MEDIA))
		ua_log(relay->flow->env->log, UA_LOG_DEBUG, "flow",
		       "packets are not marked as media");

	return err;
}


bool ua_relayconn_up(const struct ua_flow_relay *relay)
{
	return relay->asked->tp == UA_TP_UDP ||
	       (relay->conn && ua_tcpconn_ready(relay->conn->tcp));
}


/* The client may have lost its connection, or was sent to another server. */
bool ua_relayconn_ready(struct ua_flow_relay *relay, uint64_t now_ms)
{
	const struct ua_addr *server = ua_turn_server(relay->turn);
	int err;

	if (relay->asked->tp == UA_TP_UDP || !ua_turn_wants(relay->turn))
		return true;

	if (relay->conn &&
	    !ua_addr_eq(server, ua_tcpconn_remote(relay->conn->tcp)))
		relay->conn = mem_deref(relay->conn);

	if (relay->conn)
		return ua_relayconn_up(relay);

	err = connect_to(relay, server);
	if (err)
		ua_turn_broken(relay->turn, now_ms, err);

	return false;
}


int ua_relayconn_send(struct ua_flow_relay *relay, const struct ua_addr *dst,
		      const uint8_t *buf, size_t len, bool media)
{
	struct ua_sock *sock = relay->sock ? relay->sock : relay->host->sock;

	if (relay->asked->tp == UA_TP_UDP)
		return sock ? ua_sock_send(sock, dst, buf, len) : ENOTCONN;

	return relay->conn ? ua_tcpconn_send(relay->conn->tcp, buf, len, media)
			   : ENOTCONN;
}


void ua_relayconn_close(struct ua_flow_relay *relay)
{
	relay->sock = mem_deref(relay->sock);
	relay->conn = mem_deref(relay->conn);
}
