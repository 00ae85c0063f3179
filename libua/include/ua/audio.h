/* SPDX-License-Identifier: BSD-3-Clause */
/** @file audio.h  Where sound comes from and goes to */
#ifndef UA_AUDIO_H
#define UA_AUDIO_H

#include <ua/types.h>

enum { UA_AUDIO_ERRSTR = 256 /**< Room of an error text, as UA_ERRSTR_MAX */ };

struct ua_audio;
struct ua_audio_dev; /**< An open source or sink, each driver's own */

/** Which side of a driver */
enum ua_audio_dir { UA_AUDIO_SOURCE = 0, UA_AUDIO_SINK };

/** How sound is opened; strings are copied */
struct ua_audio_conf {
	const char *source; /**< SPEC, NULL: "silence"                     */
	const char *sink;   /**< SPEC, NULL: "null"                        */
	uint32_t srate_hz;  /**< Of the PCM read and written               */
	uint32_t nsamp;     /**< Usual size of a frame [samples]           */
	bool source_once;   /**< A file is played once, then silence       */
	unsigned number;    /**< Replaces %d in a file's name              */
};

/**
 * A driver: a row of the table.
 *
 * The four functions of a device never block: a device with a clock of its
 * own has a thread and rings inside.
 */
struct ua_audio_driver {
	const char *name;  /**< What stands before the colon of a SPEC      */
	const char *usage; /**< "file:F.wav"                                */
	bool source;       /**< Can be one                                  */
	bool sink;         /**< Can be one                                  */

	/**
	 * @param devp    Set on success; ended by close
	 * @param arg     What stands behind the colon, "" if nothing does
	 * @param conf    Borrowed for the call
	 * @param errstr  UA_AUDIO_ERRSTR bytes: names the value and what was
	 *                expected
	 *
	 * @retval 0       Open
	 * @retval EINVAL  Bad argument or file, see errstr
	 * @retval ENODEV  No such device, see errstr
	 * @retval ENOMEM  Try later
	 */
	int (*open)(struct ua_audio_dev **devp, enum ua_audio_dir dir,
		    const char *arg, const struct ua_audio_conf *conf,
		    char *errstr);
	void (*close)(struct ua_audio_dev *dev);

	/** Source: as ua_audio_read() */
	int (*read)(struct ua_audio_dev *dev, int16_t *pcm, size_t nsamp);

	/** Sink: as ua_audio_write() */
	int (*write)(struct ua_audio_dev *dev, const int16_t *pcm,
		     size_t nsamp);

	/** Source that hears what its call's sink gets; NULL: does not */
	void (*hear)(struct ua_audio_dev *dev, const int16_t *pcm,
		     size_t nsamp);

	/** As ua_audio_fd(); NULL: the loop clocks it */
	int (*fd)(const struct ua_audio_dev *dev);
};


/** The drivers of this build; n is set to their number */
const struct ua_audio_driver *const *ua_audio_drivers(size_t *n);


/**
 * Is a SPEC good?  A file to be played is read; nothing is written, and no
 * device is opened.
 *
 * @param spec    "alsa[:DEV]", "file:F.wav", "tone:HZ", "silence", "null",
 *                "echo"
 * @param errstr  UA_AUDIO_ERRSTR bytes: names the value and what was
 *                expected; may be NULL
 *
 * @retval 0       It is
 * @retval EINVAL  It is not: tell the user
 */
UA_CHECK int ua_audio_spec(const char *spec, enum ua_audio_dir dir,
			   char *errstr);


/**
 * Open the source and the sink of one call.
 *
 * "echo" on either side makes the source say again what the sink is given.
 *
 * @param audiop  Set on success; ended by ua_audio_close()
 * @param errstr  As ua_audio_spec()
 *
 * @retval 0       Open
 * @retval EINVAL  Bad SPEC or file: see errstr
 * @retval ENODEV  No such device: see errstr
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_audio_open(struct ua_audio **audiop,
			   const struct ua_audio_conf *conf, char *errstr);


/** Close both: a WAV file that was written is whole then.  NULL is fine */
void ua_audio_close(struct ua_audio *audio);


/**
 * Take samples from the source; never blocks.
 *
 * @param pcm    All nsamp are set, to silence where there is nothing
 * @param nsamp  Wanted
 *
 * @retval 0        Done
 * @retval EAGAIN   The device has not got that many yet: what is missing is
 *                  silence
 * @retval ENODATA  The file has ended: told once, silence from now on
 * @retval ENODEV   The device is gone: told once, silence from now on
 */
int ua_audio_read(struct ua_audio *audio, int16_t *pcm, size_t nsamp);


/**
 * Give samples to the sink; never blocks.
 *
 * @retval 0       Done
 * @retval EAGAIN  The device is full: what did not fit is dropped
 * @retval ENOSPC  The disk is full: told once, the rest is dropped
 * @retval EIO     The file cannot be written: likewise
 * @retval ENODEV  The device is gone: likewise
 */
int ua_audio_write(struct ua_audio *audio, const int16_t *pcm, size_t nsamp);


/**
 * A descriptor that is readable when a frame of the source is due; reading
 * the frame makes it unreadable.
 *
 * @return -1: the caller's timer is the clock, a frame each nsamp.  Ask again
 *         after ENODEV: a device that is gone has no clock any more
 */
int ua_audio_fd(const struct ua_audio *audio);

#endif
