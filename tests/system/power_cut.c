#include "shim.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SECTOR = 512,
    FILES_MAX = 256,
};

/* A file of which something was not synced. */
struct image {
    uint64_t ino;
    char path[SHIM_PATH_MAX + 256];
    uint8_t *now, *synced; /* what is there, and what was promised; both `size` long */
    bool *settled;         /* sectors that are what they are, whatever came before */
    size_t size, now_size, synced_size;
    size_t settled_size; /* it is no shorter, where a sync was lost */
    bool was_lost;
    bool is_synced; /* what comes before in the journal was */
    bool begins;    /* the file begins here: what comes before is about another one */
};

struct cut {
    const struct shim *shim;
    uint64_t random;
    uint8_t *journal;
    size_t journal_len;
    struct image images[FILES_MAX];
    size_t images_count;
    const char
        *folders[FILES_MAX]; /* whose names, up to here, were synced; as the journal has them */
    size_t folders_count;
    bool names_end; /* all changes of names up to here survive, by chance */
};

static void fail(const char *what)
{
    perror(what);
    abort();
}

static void *allocate(size_t size)
{
    void *at = calloc(1, size + 1);
    if (!at)
        fail("calloc");
    return at;
}

struct shim *shim_new(const char *folder, const char *control)
{
    int fd = open(control, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(struct shim)))
        fail(control);
    struct shim *s = mmap(NULL, sizeof(struct shim), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (s == MAP_FAILED)
        fail(control);
    close(fd);
    snprintf(s->folder, sizeof s->folder, "%s", folder);
    snprintf(s->journal, sizeof s->journal, "%s.journal", folder);
    if (mkdir(s->journal, 0700))
        fail(s->journal);
    return s;
}

void shim_free(struct shim *s)
{
    munmap(s, sizeof *s);
}

void shim_mend(struct shim *s)
{
    s->full_from = s->full_until = s->broken_from = s->broken_until = s->dies_at = 0;
    s->broken_loses = s->held = false;
}

static uint8_t *read_whole(const char *path, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st))
        fail(path);
    *len = (size_t)st.st_size;
    uint8_t *bytes = allocate(*len);
    for (size_t at = 0; at < *len;) {
        ssize_t n = read(fd, bytes + at, *len - at);
        if (n <= 0)
            fail(path);
        at += (size_t)n;
    }
    close(fd);
    return bytes;
}

/* SplitMix64, as in tests/sim. */
static bool toss(struct cut *c)
{
    if (c->random == 0)
        return false;
    uint64_t z = c->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) & 1;
}

/* Looks for a file by its number, in the folders below too. */
static bool find_path(const char *folder, uint64_t ino, char *path, size_t size)
{
    DIR *dir = opendir(folder);
    bool found = false;
    for (const struct dirent *e; !found && dir && (e = readdir(dir));) {
        if (e->d_name[0] == '.' && (e->d_name[1] == '\0' || e->d_name[1] == '.'))
            continue;
        snprintf(path, size, "%s/%s", folder, e->d_name);
        struct stat st;
        char below[SHIM_PATH_MAX + 256];
        snprintf(below, sizeof below, "%s", path);
        if (lstat(path, &st) == 0)
            found = st.st_ino == ino || (S_ISDIR(st.st_mode) && find_path(below, ino, path, size));
    }
    if (dir)
        closedir(dir);
    return found;
}

/* The image of a file, made where it is new. NULL: the file is not there any more. */
static struct image *get_image(struct cut *c, uint64_t ino)
{
    for (size_t i = 0; i < c->images_count; i++)
        if (c->images[i].ino == ino)
            return &c->images[i];
    struct image *image = &c->images[c->images_count];
    if (c->images_count == FILES_MAX)
        fail("too many files");
    *image = (struct image){.ino = ino};
    if (!find_path(c->shim->folder, ino, image->path, sizeof image->path) &&
        !find_path(c->shim->journal, ino, image->path, sizeof image->path))
        return NULL;
    c->images_count++;
    image->now = read_whole(image->path, &image->size);
    image->now_size = image->synced_size = image->size;
    image->synced = allocate(image->size);
    memcpy(image->synced, image->now, image->size);
    image->settled = allocate(image->size / SECTOR + 1);
    return image;
}

static void *extend(void *bytes, size_t size, size_t more)
{
    uint8_t *longer = allocate(more);
    memcpy(longer, bytes, size);
    free(bytes);
    return longer;
}

/* A file that was longer before than it is now. */
static void grow(struct image *image, size_t size)
{
    if (size <= image->size)
        return;
    image->now = extend(image->now, image->size, size);
    image->synced = extend(image->synced, image->size, size);
    image->settled = extend(image->settled, image->size / SECTOR + 1, size / SECTOR + 1);
    image->size = size;
}

/* Undoes one write, or finds that it is settled. */
static void undo_write(struct image *image, const struct shim_record *r, const uint8_t *bytes)
{
    grow(image, r->end > r->size ? r->end : r->size);
    if (!image->is_synced)
        image->synced_size = r->size;
    for (size_t at = r->at; at < r->end;) {
        size_t sector = at / SECTOR, next = (sector + 1) * SECTOR, had = r->at + r->len;
        if (next > r->end)
            next = r->end;
        if (at < had && next > had)
            next = had;
        if (image->is_synced)
            image->settled[sector] = true;
        else if (!image->settled[sector] && at < had)
            memcpy(image->synced + at, bytes + (at - r->at), next - at);
        else if (!image->settled[sector])
            memset(image->synced + at, 0, next - at);
        if (image->settled[sector] && next > image->settled_size)
            image->settled_size = next;
        at = next;
    }
}

static void lose(struct image *image)
{
    image->is_synced = false;
    image->was_lost = true;
    if (image->settled_size > image->now_size)
        image->settled_size = image->now_size;
}

static void look_at(struct cut *c, const struct shim_record *r, const uint8_t *bytes)
{
    struct image *image = r->ino ? get_image(c, r->ino) : NULL;
    if (!image || image->begins)
        return;
    switch (r->kind) {
    case SHIM_SYNC: image->is_synced = true; break;
    case SHIM_LOST: lose(image); break;
    case SHIM_CREATE: image->begins = true; break;
    case SHIM_WRITE: undo_write(image, r, bytes); break;
    default: break;
    }
}

/* Walks the journal from its end; `take` gets each record and where it is. */
static void walk_back(struct cut *c, void (*take)(struct cut *c, const struct shim_record *r,
                                                  const uint8_t *bytes))
{
    size_t starts_size = 1024, count = 0, *starts = allocate(starts_size * sizeof *starts);
    struct shim_record r;
    for (size_t at = 0; at + sizeof r <= c->journal_len; at += sizeof r + r.len) {
        if (count == starts_size) {
            starts = extend(starts, count * sizeof *starts, 2 * count * sizeof *starts);
            starts_size *= 2;
        }
        starts[count++] = at;
        memcpy(&r, c->journal + at, sizeof r);
    }
    while (count-- > 0) {
        memcpy(&r, c->journal + starts[count], sizeof r);
        if (starts[count] + sizeof r + r.len <= c->journal_len) /* else it died while writing it */
            take(c, &r, c->journal + starts[count] + sizeof r);
    }
    free(starts);
}

/* Writes what is left of a file. */
static void write_image(struct cut *c, struct image *image)
{
    for (size_t at = 0; at < image->size; at += SECTOR) {
        size_t len = image->size - at < SECTOR ? image->size - at : SECTOR;
        if (memcmp(image->now + at, image->synced + at, len) != 0 && toss(c))
            memcpy(image->synced + at, image->now + at, len);
    }
    size_t size = toss(c) ? image->now_size : image->synced_size;
    if (image->was_lost && size < image->settled_size)
        size = image->settled_size;
    int fd = open(image->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0 || write(fd, image->synced, size) != (ssize_t)size || close(fd))
        fail(image->path);
    free(image->now);
    free(image->synced);
    free(image->settled);
}

/* Whether the folder of a path was synced later on. */
static bool is_name_synced(const struct cut *c, const char *path)
{
    size_t len = (size_t)(strrchr(path, '/') + 1 - path);
    for (size_t i = 0; i < c->folders_count; i++)
        if (strlen(c->folders[i]) == len && strncmp(c->folders[i], path, len) == 0)
            return true;
    return false;
}

/* Undoes one change of a name, unless it was synced or chance will have it. */
static void undo_name(struct cut *c, const struct shim_record *r, const uint8_t *bytes)
{
    const char *path = (const char *)bytes;
    char kept[SHIM_PATH_MAX + 32];
    snprintf(kept, sizeof kept, "%s/%ju", c->shim->journal, (uintmax_t)r->at);
    if (r->kind == SHIM_FOLDER && !is_name_synced(c, path) && c->folders_count < FILES_MAX)
        c->folders[c->folders_count++] = path;
    if (r->kind < SHIM_CREATE || r->kind == SHIM_FOLDER || is_name_synced(c, path))
        return;
    c->names_end = c->names_end || toss(c);
    if (c->names_end)
        return;
    if (r->kind == SHIM_CREATE)
        unlink(path);
    if (r->kind == SHIM_RENAME) {
        const char *to = path + strlen(path) + 1;
        rename(to, path);
        path = to;
    }
    if (r->kind != SHIM_CREATE && r->at && link(kept, path))
        fail(path);
}

static void empty_folder(const char *path)
{
    DIR *dir = opendir(path);
    for (const struct dirent *e; dir && (e = readdir(dir));)
        unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
}

void shim_cut_power(struct shim *s, uint64_t seed)
{
    static struct cut c;
    char path[SHIM_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/journal", s->journal);
    c = (struct cut){.shim = s, .random = seed};
    if (access(path, F_OK))
        return;
    c.journal = read_whole(path, &c.journal_len);
    walk_back(&c, look_at);
    for (size_t i = 0; i < c.images_count; i++)
        write_image(&c, &c.images[i]);
    walk_back(&c, undo_name);
    free(c.journal);
    empty_folder(s->journal);
}
