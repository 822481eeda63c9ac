/* A Mosquitto of the test's own. What cannot go on ends the program. */
#pragma once

/** Nobody may publish there who has no name. */
#define BROKER_FORBIDDEN "/device/02:00:00:00:00:77/forbidden"

/** Starts the broker on a free port of this machine, the same one each time. With a user it takes nobody without that
 * name and password; null: it takes everybody. */
void broker_start(const char *user, const char *password);

/** Starts it with TLS, for everybody. */
void broker_start_tls(void);

/** The certificate that it has then, as PEM text. */
const char *broker_certificate(void);

/** It takes what is sent to it, and answers nothing any more. */
void broker_freeze(void);

/** Ends it, as a power cut does: it forgets everything. */
void broker_kill(void);

/** Its URI, whether it runs or not. */
const char *broker_uri(void);

int broker_port(void);
