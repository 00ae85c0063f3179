/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdp_wire.h  Descriptions in the manner of what is on the wire */
#ifndef UA_TEST_SDP_WIRE_H
#define UA_TEST_SDP_WIRE_H

#include "sdp/sdpfacts.h"

/** One description, and what its first m=audio must come to */
struct sdp_wire {
	const char *name;
	const char *text;
	unsigned mediac;
	unsigned candc;    /* Good candidates of the audio line */
	unsigned cand_bad; /* Candidate lines of it without use */
	int ice;           /* Has credentials                   */
	enum ua_sdpfacts_dest dest;
	const char *rtp;  /* Default destination, NULL: none   */
	const char *rtcp; /* With mux where both have it       */
};

#define CRED                                                                  \
	"a=ice-ufrag:Qf7h\r\n"                                                \
	"a=ice-pwd:k3Jd8sPq0ZxLm2Nv5TbYw1\r\n"

/* clang-format off */
static const struct sdp_wire sdp_wires[] = {
{ "plain phone", 
  "v=0\r\no=- 4711 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 10.1.0.2\r\nt=0 0\r\n"
  "m=audio 40000 RTP/AVP 8 0 101\r\n"
  "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
  "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
  "a=ptime:20\r\na=sendrecv\r\n",
  1, 0, 0, 0, UA_SDPFACTS_OTHER, "10.1.0.2:40000", "10.1.0.2:40001" },

{ "static types without rtpmap, bare line feeds, no s= and t=",
  "v=0\no=x 1 1 IN IP4 10.1.0.2\nc=IN IP4 10.1.0.2\n"
  "m=audio 40000 RTP/AVP 0 8 9 \n",
  1, 0, 0, 0, UA_SDPFACTS_OTHER, "10.1.0.2:40000", "10.1.0.2:40001" },

{ "small phone with ICE, every format mapped",
  "v=0\r\no=- 1690208 3388 IN IP4 10.1.0.2\r\ns=-\r\n"
  "c=IN IP4 10.1.0.2\r\nt=0 0\r\na=tool:small 1\r\n"
  "m=audio 17284 RTP/AVP 96 0 101\r\n"
  "a=rtpmap:96 opus/48000/2\r\n"
  "a=fmtp:96 stereo=1;sprop-stereo=1\r\n"
  "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
  "a=fmtp:101 0-15\r\na=rtcp:17285\r\na=sendrecv\r\na=label:1\r\n"
  "a=rtcp-rsize\r\na=ssrc:1690208 cname:sip:a@example.net\r\n"
  "a=ptime:20\r\n" CRED
  "a=candidate:7f1 1 UDP 2113929727 10.1.0.2 17284 typ host\r\n"
  "a=candidate:7f1 2 UDP 2113929726 10.1.0.2 17285 typ host\r\n",
  1, 2, 0, 1, UA_SDPFACTS_MATCH, "10.1.0.2:17284", "10.1.0.2:17285" },

{ "softphone with session-level credentials and video",
  "v=0\r\no=bob 1423 2109 IN IP4 10.2.0.2\r\ns=Talk\r\n"
  "c=IN IP4 10.2.0.2\r\nt=0 0\r\n" CRED
  "a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\n"
  "a=group:BUNDLE as vs\r\na=record:off\r\n"
  "m=audio 7078 RTP/AVPF 96 97 0 8 101 99\r\n"
  "c=IN IP4 203.0.113.4\r\n"
  "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"
  "a=rtpmap:97 speex/16000\r\na=fmtp:97 vbr=on\r\n"
  "a=rtpmap:101 telephone-event/48000\r\n"
  "a=rtpmap:99 telephone-event/8000\r\na=rtcp:7079\r\na=mid:as\r\n"
  "a=candidate:1 1 UDP 2130706303 10.2.0.2 7078 typ host\r\n"
  "a=candidate:1 2 UDP 2130706302 10.2.0.2 7079 typ host\r\n"
  "a=candidate:2 1 UDP 1694498687 203.0.113.4 7078 typ srflx raddr 10.2.0.2 rport 7078\r\n"
  "a=candidate:2 2 UDP 1694498686 203.0.113.4 7079 typ srflx raddr 10.2.0.2 rport 7079\r\n"
  "a=rtcp-fb:* trr-int 5000\r\n"
  "m=video 0 RTP/AVPF 0\r\n",
  2, 4, 0, 1, UA_SDPFACTS_MATCH, "203.0.113.4:7078", "203.0.113.4:7079" },

{ "exchange, many codecs and directions at session level",
  "v=0\r\no=- 20518 20518 IN IP4 198.51.100.7\r\ns=PBX\r\n"
  "c=IN IP4 198.51.100.7\r\nt=0 0\r\na=sendrecv\r\n"
  "m=audio 12002 RTP/AVP 9 8 3 111 101\r\n"
  "a=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:3 GSM/8000\r\n"
  "a=rtpmap:111 G726-32/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
  "a=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:150\r\n",
  1, 0, 0, 0, UA_SDPFACTS_OTHER, "198.51.100.7:12002", "198.51.100.7:12003" },

{ "browser, trickle, .local candidates, bundled data",
  "v=0\r\no=- 7614219274584779017 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
  "a=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
  "m=audio 9 RTP/AVP 111 63 9 0 8 13 110 126\r\n"
  "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n" CRED
  "a=ice-options:trickle\r\na=setup:actpass\r\na=mid:0\r\n"
  "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
  "a=sendrecv\r\na=msid:- 5f\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
  "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
  "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
  "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
  "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
  "a=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n"
  "a=rtpmap:126 telephone-event/8000\r\n"
  "a=candidate:842163049 1 udp 2122260223 8b1f0a2e-6c1d-4b0e-9a53-52f6a7c0de11.local 51472 typ host generation 0 ufrag Qf7h network-cost 999\r\n"
  "a=candidate:842163050 1 tcp 1518280447 10.1.0.2 9 typ host tcptype active generation 0\r\n"
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
  "c=IN IP4 0.0.0.0\r\na=mid:1\r\na=sctp-port:5000\r\n",
  2, 2, 0, 1, UA_SDPFACTS_ANY, "0.0.0.0:9", "0.0.0.0:9" },

{ "relay by a proxy, above 2^31, before the ufrag, no raddr",
  "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
  "m=audio 50002 RTP/AVP 0\r\na=rtcp:50003\r\na=rtcp-mux\r\n"
  "a=candidate:R200007f 1 UDP 2197815295 127.0.0.2 50002 typ relay\r\n"
  "a=candidate:R200007f 2 UDP 2197815294 127.0.0.2 50003 typ relay\r\n"
  "a=candidate:1 1 UDP 2130706431 10.1.0.2 40000 typ host\r\n" CRED,
  1, 3, 0, 1, UA_SDPFACTS_MATCH, "127.0.0.2:50002", "127.0.0.2:50002" },

{ "relay by a proxy, low priority",
  "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
  "m=audio 50000 RTP/AVP 0\r\n" CRED
  "a=candidate:R200007f 1 UDP 16777215 127.0.0.2 50000 typ relay\r\n"
  "a=candidate:R200007f 2 UDP 16777214 127.0.0.2 50001 typ relay\r\n"
  "a=candidate:1 1 UDP 2130706431 10.1.0.2 40000 typ host\r\n"
  "a=candidate:1 2 UDP 2130706430 10.1.0.2 40001 typ host\r\n",
  1, 4, 0, 1, UA_SDPFACTS_MATCH, "127.0.0.2:50000", "127.0.0.2:50001" },

{ "rewritten without a candidate",
  "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
  "m=audio 50002 RTP/AVP 0\r\na=rtcp:50003\r\n" CRED
  "a=candidate:1 1 UDP 2130706431 10.1.0.2 40000 typ host\r\n"
  "a=candidate:1 2 UDP 2130706430 10.1.0.2 40001 typ host\r\n",
  1, 2, 0, 1, UA_SDPFACTS_OTHER, "127.0.0.2:50002", "127.0.0.2:50003" },

{ "IPv6 call through an IPv4 proxy: None",
  "v=0\r\no=- 1 1 IN IP6 2001:db8::2\r\ns=-\r\nc=IN IP6 None\r\nt=0 0\r\n"
  "m=audio 40000 RTP/AVP 0\r\n" CRED
  "a=candidate:1 1 UDP 2130706431 2001:db8::2 40000 typ host\r\n",
  1, 1, 0, 1, UA_SDPFACTS_BROKEN, NULL, NULL },

{ "IPv6 line with the proxy's IPv4 address",
  "v=0\r\no=- 1 1 IN IP6 2001:db8::2\r\ns=-\r\nc=IN IP6 127.0.0.2\r\nt=0 0\r\n"
  "m=audio 50000 RTP/AVP 0\r\n" CRED
  "a=candidate:R200007f 1 UDP 16777215 127.0.0.2 50000 typ relay\r\n"
  "a=candidate:1 1 UDP 2130706431 2001:db8::2 40000 typ host\r\n",
  1, 2, 0, 1, UA_SDPFACTS_FAMILY, "127.0.0.2:50000", "127.0.0.2:50001" },

{ "hold or trickle through a relay that is listed",
  "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
  "m=audio 50000 RTP/AVP 0\r\n" CRED
  "a=candidate:R200007f 1 UDP 16777215 127.0.0.2 50000 typ relay\r\n"
  "a=candidate:1 1 UDP 2130706431 10.1.0.2 40000 typ host\r\n",
  1, 2, 0, 1, UA_SDPFACTS_ANY, "0.0.0.0:50000", "0.0.0.0:50001" },

{ "trickle through a relay of unknown address",
  "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
  "m=audio 50000 RTP/AVP 0\r\na=ice-options:trickle ice2\r\n" CRED,
  1, 0, 0, 1, UA_SDPFACTS_ANY, "0.0.0.0:50000", "0.0.0.0:50001" },

{ "host name as default destination",
  "v=0\r\no=- 1 1 IN IP4 media.example.net\r\ns=-\r\n"
  "c=IN IP4 media.example.net\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n" CRED
  "a=candidate:1 1 UDP 2130706431 10.1.0.2 40000 typ host\r\n",
  1, 1, 0, 1, UA_SDPFACTS_NAME, NULL, NULL },

{ "another relay, at the end, raddr its own address",
  "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 10.1.0.2\r\nt=0 0\r\n"
  "m=audio 40000 RTP/AVP 0\r\na=rtcp:40001\r\na=rtcp-mux\r\n" CRED
  "a=candidate:1 1 UDP 2130706431 10.1.0.2 40000 typ host\r\n"
  "a=candidate:US8wW2gTlEtFmcxS 1 UDP 16777215 127.0.0.2 50000 typ relay raddr 127.0.0.2 rport 50000\r\n"
  "a=candidate:US8wW2gTlEtFmcxS 2 UDP 16777214 127.0.0.2 50001 typ relay raddr 127.0.0.2 rport 50001\r\n",
  1, 3, 0, 1, UA_SDPFACTS_MATCH, "10.1.0.2:40000", "10.1.0.2:40000" },

{ "message session beside audio: every m-line has its own c=",
  "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nt=0 0\r\n"
  "m=message 2855 TCP/MSRP *\r\nc=IN IP4 10.1.0.2\r\na=accept-types:*\r\n"
  "m=audio 50000 RTP/AVP 0\r\nc=IN IP4 127.0.0.2\r\n",
  2, 0, 0, 0, UA_SDPFACTS_OTHER, "127.0.0.2:50000", "127.0.0.2:50001" },

{ "bad candidates between good ones",
  "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 10.1.0.2\r\nt=0 0\r\n"
  "m=audio 40000 RTP/AVP 0\r\n" CRED
  "a=candidate:1 1 UDP 2130706431 10.1.0.2 40000 typ host\r\n"
  "a=candidate:2 1 UDP 4294967296 10.1.0.3 40000 typ host\r\n"
  "a=candidate:3 257 UDP 1 10.1.0.3 40000 typ host\r\n"
  "a=candidate:4 1 UDP 1 10.1.0.3 70000 typ host\r\n"
  "a=candidate:5 1 UDP 1 None 40000 typ host\r\n"
  "a=candidate:6 1 UDP 1 10.1.0.3 40000 typ wormhole\r\n"
  "a=candidate:\r\na=candidate\r\n"
  "a=candidate:7 1 UDP 16777215 10.1.0.4 40000 typ relay\r\n",
  1, 2, 7, 1, UA_SDPFACTS_MATCH, "10.1.0.2:40000", "10.1.0.2:40001" },

{ "credentials too short count as none",
  "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 10.1.0.2\r\nt=0 0\r\n"
  "m=audio 40000 RTP/AVP 0\r\na=ice-ufrag:abc\r\na=ice-pwd:short\r\n"
  "a=candidate:1 1 UDP 2130706431 10.1.0.2 40000 typ host\r\n",
  1, 1, 0, 0, UA_SDPFACTS_MATCH, "10.1.0.2:40000", "10.1.0.2:40001" },

{ "rtcp elsewhere",
  "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 10.1.0.2\r\nt=0 0\r\n"
  "m=audio 40000 RTP/AVP 0\r\na=rtcp:53020 IN IP4 10.1.0.9\r\n",
  1, 0, 0, 0, UA_SDPFACTS_OTHER, "10.1.0.2:40000", "10.1.0.9:53020" },

{ "origin and more in disorder, unknown lines",
  "v=0\r\no=-\r\ns=\r\nx=what\r\nb=AS:64\r\nc=IN IP4 10.1.0.2\r\n"
  "m=audio 40000/2 RTP/AVP 0\r\ni=label\r\nb=RR:0\r\nk=prompt\r\n"
  "a=\r\na=:\r\na=rtpmap:0\r\na=rtpmap:7 X\r\na=ptime:20.5\r\n\r\n\r\n",
  1, 0, 0, 0, UA_SDPFACTS_OTHER, "10.1.0.2:40000", "10.1.0.2:40001" },
};
/* clang-format on */

#endif
