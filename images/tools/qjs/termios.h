/* A program cannot change its terminal: to ask for it is an error. */
#pragma once
struct termios { unsigned c_iflag, c_oflag, c_cflag, c_lflag; unsigned char c_cc[32]; };
#define IGNBRK 1
#define BRKINT 2
#define PARMRK 4
#define ISTRIP 8
#define INLCR 16
#define IGNCR 32
#define ICRNL 64
#define IXON 128
#define OPOST 1
#define ECHO 1
#define ECHONL 2
#define ICANON 4
#define IEXTEN 8
#define CSIZE 48
#define PARENB 256
#define CS8 48
#define VMIN 6
#define VTIME 5
#define TCSANOW 0
static inline int tcgetattr(int descriptor, struct termios *settings) { return -1; }
static inline int tcsetattr(int descriptor, int when, const struct termios *settings) { return -1; }
