#include "tls_hello.h"

#include "error.h"
#include "tls.h"

enum {
    MESSAGE_HEADER = 4,
};

int tls_hello_judge(const uint8_t *bytes, size_t len, const char **why)
{
    if (len < TLS_RECORD_HEADER)
        return 0;
    size_t record = (size_t)bytes[3] << 8 | bytes[4];
    *why = "the other side's TLS hello is too long";
    if (record > TLS_HELLO_MAX)
        return ERROR_TLS;
    if (len < TLS_RECORD_HEADER + record)
        return 0;
    const uint8_t *m = bytes + TLS_RECORD_HEADER;
    *why = "the other side's TLS hello is not in one record";
    if (bytes[0] == TLS_HANDSHAKE &&
        (record < MESSAGE_HEADER ||
         ((size_t)m[1] << 16 | (size_t)m[2] << 8 | m[3]) + MESSAGE_HEADER != record))
        return ERROR_TLS;
    return (int)(TLS_RECORD_HEADER + record);
}
