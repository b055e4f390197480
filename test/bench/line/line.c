// An emulated connection between two network namespaces, for kernels without netem: `line NS_A NS_B RATE_MBIT
// ONE_WAY_MS LOSS QUEUE_MS`. Creates a TUN device in each (line-a, line-b), prints "up" and forwards packets
// until it is stopped. In each direction a packet is sent at the given rate, dropped if the queue is full,
// then delayed, and lost at random.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = 1600, SLOTS = 1 << 15, BATCH = 64, SECOND = 1000000000, LONGEST_NAP = 100000 };

static double nanoseconds_per_byte, loss;
static long long delay_ns, queue_ns;

typedef struct {
  long long due;
  int length;
  char bytes[LARGEST];
} Packet;

typedef struct {
  int in, out;
  unsigned seed;
} Way;

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * (long long)SECOND + time.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int device_in(const char *name_space, const char *device) {
  char path[128];
  snprintf(path, sizeof path, "/var/run/netns/%s", name_space);
  int home = open("/proc/self/ns/net", O_RDONLY), there = open(path, O_RDONLY);
  if (there < 0 || setns(there, CLONE_NEWNET)) fail(name_space);
  int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (tun < 0) fail("/dev/net/tun");
  struct ifreq request;
  memset(&request, 0, sizeof request);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  if (ioctl(tun, TUNSETIFF, &request)) fail(device);
  if (setns(home, CLONE_NEWNET)) fail("setns");
  close(there);
  close(home);
  return tun;
}

static void *carry(void *argument) {
  Way *way = argument;
  Packet *ring = malloc(sizeof(Packet) * SLOTS);
  if (!ring) fail("malloc");
  unsigned long head = 0, tail = 0;
  long long free_at = 0;
  char spill[LARGEST];
  for (;;) {
    int idle = 1;
    for (int count = 0; count < BATCH; count += 1) {
      int full = tail - head >= SLOTS;
      Packet *packet = &ring[tail % SLOTS];
      ssize_t length = read(way->in, full ? spill : packet->bytes, LARGEST);
      if (length <= 0) break;
      idle = 0;
      long long time = now();
      if (free_at < time) free_at = time;
      if (full || free_at - time > queue_ns) continue;
      free_at += (long long)(length * nanoseconds_per_byte);
      if (rand_r(&way->seed) < loss * RAND_MAX) continue;
      packet->due = free_at + delay_ns;
      packet->length = (int)length;
      tail += 1;
    }
    for (long long time = now(); head < tail && ring[head % SLOTS].due <= time; head += 1) {
      Packet *packet = &ring[head % SLOTS];
      // EAGAIN means that the device is full; any other error concerns this packet only.
      if (write(way->out, packet->bytes, packet->length) < 0 && errno == EAGAIN) break;
      idle = 0;
    }
    if (!idle) continue;
    struct pollfd readable = {way->in, POLLIN, 0};
    struct timespec nap = {0, LONGEST_NAP};
    ppoll(&readable, 1, &nap, NULL);
  }
  return NULL;
}

int main(int count, char **words) {
  if (count < 7) return fprintf(stderr, "line NS_A NS_B RATE_MBIT ONE_WAY_MS LOSS QUEUE_MS\n"), 2;
  nanoseconds_per_byte = 8000 / atof(words[3]);
  delay_ns = (long long)(atof(words[4]) * 1e6);
  loss = atof(words[5]);
  queue_ns = (long long)(atof(words[6]) * 1e6);
  int a = device_in(words[1], "line-a"), b = device_in(words[2], "line-b");
  Way there = {a, b, 1}, back = {b, a, 7};
  pthread_t one, other;
  puts("up");
  fflush(stdout);
  pthread_create(&one, NULL, carry, &there);
  pthread_create(&other, NULL, carry, &back);
  pthread_join(one, NULL);
  return 0;
}
