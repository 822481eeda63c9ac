/* The memory of the machine: static, for what menuconfig sets. NVS can set less, or share it out otherwise. */
#pragma once

#include "enow/config.h"
#include "sdkconfig.h"

/* The power of two that a buffer of n bytes takes, from 64. */
#define ENOW_NODE_POWER(n)                                                                                             \
    ((n) <= 64       ? 64                                                                                              \
     : (n) <= 128    ? 128                                                                                             \
     : (n) <= 256    ? 256                                                                                             \
     : (n) <= 512    ? 512                                                                                             \
     : (n) <= 1024   ? 1024                                                                                            \
     : (n) <= 2048   ? 2048                                                                                            \
     : (n) <= 4096   ? 4096                                                                                            \
     : (n) <= 8192   ? 8192                                                                                            \
     : (n) <= 16384  ? 16384                                                                                           \
     : (n) <= 32768  ? 32768                                                                                           \
     : (n) <= 65536  ? 65536                                                                                           \
     : (n) <= 131072 ? 131072                                                                                          \
     : (n) <= 262144 ? 262144                                                                                          \
     : (n) <= 524288 ? 524288                                                                                          \
                     : 1048576)

/* What the machine itself takes, and each message that waits or arrives; a PC has larger pointers. */
#define ENOW_NODE_MEMORY_FIXED (sizeof(void *) == 4 ? 2560 : 2720)
#define ENOW_NODE_MEMORY_WAITING 24
#define ENOW_NODE_MEMORY_ARRIVING (sizeof(void *) == 4 ? 112 : 160)

/* Bytes. A message that arrives in parts has its bytes and a bit for each part, and half as much again to grow. */
#define ENOW_NODE_MEMORY                                                                                               \
    (ENOW_NODE_MEMORY_FIXED + ENOW_CONFIG_NODE_QUEUE * ENOW_NODE_MEMORY_WAITING + ENOW_CONFIG_NODE_QUEUE_BYTES +       \
     ENOW_CONFIG_SOURCE_MESSAGES * ENOW_NODE_MEMORY_ARRIVING +                                                         \
     (ENOW_NODE_POWER(CONFIG_ENOW_NODE_MAX_RECEIVE) + ENOW_NODE_POWER((ENOW_CONFIG_MAX_PARTS + 7) / 8)) / 2 * 3)
