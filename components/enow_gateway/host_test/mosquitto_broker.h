/* A Mosquitto of the test's own. What cannot go on ends the program, and the broker ends with it. */
#pragma once

#include <stdbool.h>

/** Nobody may publish there who has no name. */
#define BROKER_FORBIDDEN "/device/02:00:00:00:00:77/forbidden"

/** Starts the broker on a free port of this machine, the same one each time, for everybody. */
void broker_start(void);

/** Starts it with lines of its configuration that say what it does not take. */
void broker_start_with(const char *limits);

/** Starts it for these users alone, a line "name:password" each, with the rights of an ACL file. */
void broker_start_for(const char *users, const char *acl);

/** Starts it with TLS, for everybody. */
void broker_start_tls(void);

/** The certificate that it has then, as PEM text. */
const char *broker_certificate(void);

/** It takes what is sent to it, and answers nothing any more. */
void broker_freeze(void);

/** Whether somebody takes connections on its port. */
bool broker_listens(void);

/** Ends it, as a power cut does: it forgets everything. */
void broker_kill(void);

/** Its URI, whether it runs or not. */
const char *broker_uri(void);

int broker_port(void);
