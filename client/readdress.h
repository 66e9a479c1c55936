#ifndef READDRESS_H
#define READDRESS_H

struct session;
struct peer;

/*
 * What the person wrote and `from` has not got is for `to` now, who holds the nick instead: under
 * new numbers of their stream, in the order in which it was written.
 */
void readdress(struct session *s, struct peer *from, struct peer *to);

#endif
