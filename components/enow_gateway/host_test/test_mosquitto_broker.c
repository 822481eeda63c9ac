#include "mosquitto_broker.h"

#include "check.h"
#include "eventually.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOON_MS = 5000 };

/* A test that is killed leaves no broker behind. */
static void test_killed(void)
{
    int started[2];
    char told;

    broker_start(); /* so that its folder is this program's, which removes it */
    broker_kill();
    CHECK(!broker_listens() && pipe(started) == 0, "a pipe");
    const pid_t pid = fork();
    if (pid == 0) {
        broker_start();
        (void)write(started[1], "", 1);
        (void)pause();
        _exit(EXIT_FAILURE);
    }
    CHECK(read(started[0], &told, 1) == 1 && broker_listens(), "runs");
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid, "is killed");
    CHECK(EVENTUALLY(!broker_listens(), SOON_MS), "its broker runs on");
}

int main(void)
{
    test_killed();
    return check_result();
}
