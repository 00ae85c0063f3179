# SPDX-License-Identifier: BSD-3-Clause
uainclude_HEADERS += \
	libua/include/ua/account.h \
	libua/include/ua/agent.h \
	libua/include/ua/audio.h \
	libua/include/ua/call.h \
	libua/include/ua/codec.h \
	libua/include/ua/event.h \
	libua/include/ua/ice.h \
	libua/include/ua/log.h \
	libua/include/ua/types.h \
	libua/include/ua/ua.h
