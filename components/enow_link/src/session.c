#include "session.h"

#include "keys.h"

size_t enow_link_session_room(const enow_link_session_t *session)
{
    return session->max_frame - (session->secure ? ENOW_SEALED_OVERHEAD : 0);
}

void enow_link_session_begin(const enow_link_session_t *session, enow_link_writer_t *w, uint8_t *buf)
{
    w->buf = buf;
    w->start = session->secure ? ENOW_LINK_SEALED_CLEAR : 0;
    w->len = w->start;
    w->end = w->start + enow_link_session_room(session);
}

int enow_link_session_end(enow_link_session_t *session, const enow_crypto_t *crypto, const enow_link_watch_t *watch,
                          enow_link_writer_t *w)
{
    if (!session->secure) {
        return (int)w->len;
    }
    const enow_link_sealer_t *sealer = &session->tunnel.sealer;
    const uint32_t counter = sealer->next;
    const int len =
        enow_link_sealer_seal(&session->tunnel.sealer, crypto, w->buf, enow_link_writer_used(w), session->max_frame);
    if (watch->told != 0 && counter != sealer->next) {
        uint8_t print[ENOW_LINK_PRINT_SIZE];
        (void)enow_link_fingerprint(print, crypto, &sealer->key);
        watch->told(watch->user, print, counter);
    }
    return len;
}

bool enow_link_session_rekey_due(const enow_link_session_t *session, uint64_t now_us)
{
    return session->secure && enow_link_tunnel_rekey_due(&session->tunnel, now_us);
}

void enow_link_session_wipe(enow_link_session_t *session)
{
    if (session->secure) {
        enow_link_tunnel_wipe(&session->tunnel);
    }
}
