#define _GNU_SOURCE
#include "mosquitto_broker.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ATTEMPTS 200
#define ATTEMPT_US 25000

/* Where root runs it, Mosquitto would become another user, and the system forget with whom it is to end. */
#define STAYS "user root\n"

static int s_port;
/* Bound to it, so that the system gives the port to nobody else while there is no broker. */
static int s_reserved;
static pid_t s_pid;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in address(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

int broker_port(void)
{
    if (s_port == 0) {
        struct sockaddr_in a = address(0);
        socklen_t len = sizeof a;
        const int on = 1;

        s_reserved = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (s_reserved < 0 || setsockopt(s_reserved, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
            bind(s_reserved, (struct sockaddr *)&a, len) != 0 ||
            getsockname(s_reserved, (struct sockaddr *)&a, &len) != 0) {
            fail("a free port");
        }
        s_port = ntohs(a.sin_port);
    }
    return s_port;
}

const char *broker_uri(void)
{
    static char uri[64];

    (void)snprintf(uri, sizeof uri, "mqtt://127.0.0.1:%d", broker_port());
    return uri;
}

bool broker_listens(void)
{
    struct sockaddr_in a = address(broker_port());
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;

    (void)close(fd);
    return ok;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0) {
        fail(path);
    }
}

static char s_folder[] = "/tmp/enow_gateway.XXXXXX";
static char s_config[64], s_acl[64], s_users[64], s_key[64], s_certificate[64];

static void clean_up(void)
{
    broker_kill();
    (void)unlink(s_config);
    (void)unlink(s_acl);
    (void)unlink(s_users);
    (void)unlink(s_key);
    (void)unlink(s_certificate);
    (void)rmdir(s_folder);
}

/* Makes a folder of its own for the configuration. */
static void make_folder(void)
{
    if (s_config[0] != '\0') {
        return;
    }
    if (mkdtemp(s_folder) == NULL) {
        fail("a folder");
    }
    (void)snprintf(s_config, sizeof s_config, "%s/conf", s_folder);
    (void)snprintf(s_acl, sizeof s_acl, "%s/acl", s_folder);
    (void)snprintf(s_users, sizeof s_users, "%s/users", s_folder);
    (void)snprintf(s_key, sizeof s_key, "%s/key", s_folder);
    (void)snprintf(s_certificate, sizeof s_certificate, "%s/certificate", s_folder);
    (void)atexit(clean_up);
}

static void write_users(const char *users)
{
    char text[256];

    write_file(s_users, users);
    (void)snprintf(text, sizeof text, "mosquitto_passwd -U %s", s_users);
    if (system(text) != 0) {
        fail(text);
    }
}

/* A certificate of the broker's address, which is its own authority. */
static void write_certificate(void)
{
    char text[512];

    (void)snprintf(text, sizeof text,
                   "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -addext "
                   "subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
                   s_key, s_certificate);
    if (system(text) != 0) {
        fail(text);
    }
}

const char *broker_certificate(void)
{
    static char text[4096];
    FILE *f = fopen(s_certificate, "r");
    const size_t len = f == NULL ? 0 : fread(text, 1, sizeof text - 1, f);

    if (len == 0 || fclose(f) != 0) {
        fail(s_certificate);
    }
    text[len] = '\0';
    return text;
}

static const char s_forbidding[] = "topic readwrite #\ntopic deny " BROKER_FORBIDDEN "\n";

/* What users, if there are any, may by the rules of an ACL, and the broker's own limits. */
static void configure(const char *users, const char *acl, const char *limits)
{
    char text[512];

    make_folder();
    if (users != NULL) {
        write_users(users);
    }
    write_file(s_acl, acl);
    (void)snprintf(text, sizeof text, STAYS "listener %d 127.0.0.1\nlog_dest none\nacl_file %s\n%s%s\n%s\n",
                   broker_port(), s_acl, users == NULL ? "allow_anonymous true" : "password_file ",
                   users == NULL ? "" : s_users, limits);
    write_file(s_config, text);
}

static void run(void)
{
    s_pid = fork();
    if (s_pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execlp("mosquitto", "mosquitto", "-c", s_config, (char *)NULL);
        (void)execl("/usr/sbin/mosquitto", "mosquitto", "-c", s_config, (char *)NULL);
        perror("mosquitto: install the package mosquitto");
        _exit(1);
    }
    for (int i = 0; i < ATTEMPTS; i++) {
        if (broker_listens()) {
            return;
        }
        (void)usleep(ATTEMPT_US);
    }
    fail("mosquitto does not listen");
}

void broker_start(void)
{
    configure(NULL, s_forbidding, "");
    run();
}

void broker_start_with(const char *limits)
{
    configure(NULL, s_forbidding, limits);
    run();
}

void broker_start_for(const char *users, const char *acl)
{
    configure(users, acl, "");
    run();
}

void broker_start_tls(void)
{
    char text[512];

    make_folder();
    write_certificate();
    (void)snprintf(text, sizeof text,
                   STAYS "listener %d 127.0.0.1\nlog_dest none\nallow_anonymous true\ncertfile %s\nkeyfile %s\n",
                   broker_port(), s_certificate, s_key);
    write_file(s_config, text);
    run();
}

void broker_freeze(void) { (void)kill(s_pid, SIGSTOP); }

void broker_kill(void)
{
    if (s_pid > 0) {
        (void)kill(s_pid, SIGKILL);
        (void)waitpid(s_pid, NULL, 0);
        s_pid = 0;
    }
}
