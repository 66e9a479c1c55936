#ifndef HEADER_TEXT_H
#define HEADER_TEXT_H

/* Pieces of headers, for tests. */
#define C     HEADER_FROM_CLIENT
#define R     HEADER_FROM_RELAY
#define S     "\"stream\":\"0123456789abcdef\""
#define KEYS  "{\"identity\":\"a\",\"made\":5}"
#define HELLO "{\"type\":\"hello\",\"version\":1,\"nick\":\"a\""
#define WELCOME                                                                              \
    "{\"type\":\"welcome\",\"version\":1,\"nick\":\"a\",\"room\":\"lobby\",\"agent\":\"x\"," \
    "\"time\":1,\"waiting\":0"
#define AWAY   "\"nick\":\"b\",\"state\":\"offline\",\"time\":7"
#define QUOTA  "{\"type\":\"error\",\"code\":\"quota\",\"text\":\"\",\"fatal\":false"
#define RUN    "{" S ",\"first\":1,\"n\":1}"
#define RUNS4  RUN "," RUN "," RUN "," RUN
#define RUNS16 RUNS4 "," RUNS4 "," RUNS4 "," RUNS4
#define E4     "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
#define E16    E4 E4 E4 E4
#define E64    E16 E16 E16 E16 /* 64 code points */

#endif
