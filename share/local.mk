# SPDX-License-Identifier: BSD-3-Clause
dist_pkgdata_DATA = share/speech.wav
EXTRA_DIST += share/speech.sh
