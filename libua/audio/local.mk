# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/audio/audio.c \
	libua/audio/drivers.c \
	libua/audio/drivers.h \
	libua/audio/echo.c \
	libua/audio/nullsound.c \
	libua/audio/tonesrc.c \
	libua/audio/wav.c \
	libua/audio/wav.h \
	libua/audio/wavfile.c \
	libua/audio/wavin.c \
	libua/audio/wavin.h \
	libua/audio/wavout.c \
	libua/audio/wavout.h
if WITH_ALSA
libua_la_SOURCES += \
	libua/audio/alsa.c
endif
