#include "error.h"

#include <stddef.h>

static const char *const texts[] = {
    [-ERROR_NOMEM] = "out of memory",
    [-ERROR_LIMIT] = "a limit was reached",
    [-ERROR_FRAME] = "not a frame of this protocol",
    [-ERROR_HEADER] = "not a header of this protocol",
    [-ERROR_STATE] = "not allowed now",
    [-ERROR_UTF8] = "not UTF-8",
    [-ERROR_NAME] = "not a valid name",
    [-ERROR_PAYLOAD] = "not a payload of this protocol",
    [-ERROR_ADDRESS] = "not a usable address",
    [-ERROR_CLOSED] = "the other side closed the connection",
    [-ERROR_SYSTEM] = "a system call failed",
    [-ERROR_TLS] = "the TLS connection failed",
    [-ERROR_KEY] = "the key is not right",
    [-ERROR_SEAL] = "the sealed content does not open",
    [-ERROR_STORE] = "the database failed",
    [-ERROR_FULL] = "the disk is full",
};

const char *error_text(int error)
{
    if (error < 0 && (size_t)-error < sizeof texts / sizeof texts[0])
        return texts[-error];
    return "unknown error";
}
