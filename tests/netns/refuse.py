#!/usr/bin/env python3
"""refuse.py — run a program that the kernel gives no socket of a family, as a sandbox or a full table of files would.

    refuse.py FAMILY ERROR PROGRAM [ARGUMENT…]     refuse.py AF_INET6 EAFNOSUPPORT sandwatch check

It is a filter of system calls (seccomp), the same that RestrictAddressFamilies= of systemd installs.
"""
import ctypes
import errno
import os
import platform
import socket
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
RETURN_ERRNO, RETURN_ALLOW = 0x00050000, 0x7fff0000
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER, FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data
SOCKET = {"x86_64": 41, "aarch64": 198, "riscv64": 198}


def program(number, family, error):
    lines = [(LOAD, 0, 0, NUMBER), (IF_EQUAL, 0, 3, number), (LOAD, 0, 0, FIRST_ARGUMENT), (IF_EQUAL, 0, 1, family),
             (RETURN, 0, 0, RETURN_ERRNO | error), (RETURN, 0, 0, RETURN_ALLOW)]
    return len(lines), ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))


def main(family, error, *command):
    n, code = program(SOCKET[platform.machine()], getattr(socket, family), getattr(errno, error))
    filters = ctypes.create_string_buffer(struct.pack("@HP", n, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filters, 0, 0):
        sys.exit(f"refuse.py: {os.strerror(ctypes.get_errno())}")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
