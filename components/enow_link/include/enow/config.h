/*
 * Sizes that are set when the link is compiled: by Kconfig on ESP-IDF, with -D elsewhere.
 */
#pragma once

#ifdef ESP_PLATFORM
#include "sdkconfig.h"

#define ENOW_CONFIG_MAX_MESSAGE CONFIG_ENOW_MAX_MESSAGE
#define ENOW_CONFIG_MAX_PARTS CONFIG_ENOW_MAX_PARTS
#define ENOW_CONFIG_MAX_MESSAGES CONFIG_ENOW_MAX_MESSAGES
#define ENOW_CONFIG_SOURCE_MESSAGES CONFIG_ENOW_SOURCE_MESSAGES
#define ENOW_CONFIG_LONG_MESSAGES CONFIG_ENOW_LONG_MESSAGES
#endif

/** Bytes of the longest message that is taken. */
#ifndef ENOW_CONFIG_MAX_MESSAGE
#define ENOW_CONFIG_MAX_MESSAGE 4096
#endif
#if ENOW_CONFIG_MAX_MESSAGE < 1 || ENOW_CONFIG_MAX_MESSAGE > 1048576
#error "ENOW_CONFIG_MAX_MESSAGE is out of range: set it to 1..1048576 bytes"
#endif

/** Parts of one message, at most. */
#ifndef ENOW_CONFIG_MAX_PARTS
#define ENOW_CONFIG_MAX_PARTS 256
#endif
#if ENOW_CONFIG_MAX_PARTS < 1 || ENOW_CONFIG_MAX_PARTS > 65536
#error "ENOW_CONFIG_MAX_PARTS is out of range: set it to 1..65536"
#endif

/** Messages under way at once, of all senders. */
#ifndef ENOW_CONFIG_MAX_MESSAGES
#define ENOW_CONFIG_MAX_MESSAGES 8
#endif
#if ENOW_CONFIG_MAX_MESSAGES < 1 || ENOW_CONFIG_MAX_MESSAGES > 4096
#error "ENOW_CONFIG_MAX_MESSAGES is out of range: set it to 1..4096"
#endif

/** Messages under way from one sender. */
#ifndef ENOW_CONFIG_SOURCE_MESSAGES
#define ENOW_CONFIG_SOURCE_MESSAGES 2
#endif
#if ENOW_CONFIG_SOURCE_MESSAGES < 1 || ENOW_CONFIG_SOURCE_MESSAGES > ENOW_CONFIG_MAX_MESSAGES
#error "ENOW_CONFIG_SOURCE_MESSAGES is out of range: set it to 1..ENOW_CONFIG_MAX_MESSAGES"
#endif

/** Messages of full length, each of another sender, that there is memory for. */
#ifndef ENOW_CONFIG_LONG_MESSAGES
#define ENOW_CONFIG_LONG_MESSAGES 2
#endif
#if ENOW_CONFIG_LONG_MESSAGES < 1 || ENOW_CONFIG_LONG_MESSAGES > 256
#error "ENOW_CONFIG_LONG_MESSAGES is out of range: set it to 1..256"
#endif
