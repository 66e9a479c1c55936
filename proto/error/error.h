#ifndef ERROR_H
#define ERROR_H

/*
 * The ways in which a function of this program can fail. Functions that can fail return 0 (or a
 * count) on success and one of these, all negative, on failure. A failed call leaves its object as
 * it was, or poisoned where its header says so.
 */
enum error {
    ERROR_NOMEM = -1,   /* out of memory */
    ERROR_LIMIT = -2,   /* a ceiling of ours was reached */
    ERROR_FRAME = -3,   /* the bytes are not a frame of PROTOCOL.md */
    ERROR_HEADER = -4,  /* the header is not the JSON that PROTOCOL.md asks for */
    ERROR_STATE = -5,   /* not allowed in the state that the object is in */
    ERROR_UTF8 = -6,    /* the bytes are not UTF-8 */
    ERROR_NAME = -7,    /* the name breaks the rules of PROTOCOL.md */
    ERROR_PAYLOAD = -8, /* the content is not a payload of PROTOCOL.md */
    ERROR_ADDRESS = -9, /* the address cannot be used */
    ERROR_CLOSED = -10, /* the other side ended the stream */
    ERROR_SYSTEM = -11, /* a system call failed: see errno */
    ERROR_TLS = -12,    /* the TLS connection failed */
    ERROR_KEY = -13,    /* the key or the signature is not right */
    ERROR_SEAL = -14,   /* the sealed content does not open */
    ERROR_STORE = -15,  /* the database failed */
    ERROR_FULL = -16,   /* the disk is full: nothing was written */
};

/* What went wrong, as a short English phrase without a full stop ("out of memory"). Never NULL. */
const char *error_text(int error);

#endif
