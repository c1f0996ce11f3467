# sandwatch — make targets:
#   all       build/sandwatch (release)              test      unit, golden, simulator and end-to-end tests
#   asan      the same tests under ASan and UBSan     tsan      the same tests under TSan
#   check     lint, test, asan, tsan                  lint      layers, format, cppcheck, banned functions
#   bench     the numbers of the design               fuzz      the fuzzers, FUZZ_SECONDS each (clang)
#   golden    rewrite the golden screens              format    apply .clang-format
#   install   to $(DESTDIR)$(PREFIX)                  clean
PREFIX  ?= /usr/local
DESTDIR ?=
SAN     ?=
WERROR  ?= 1
V       ?=
Q       := $(if $(V),,@)
comma   := ,

FLAVOUR := $(or $(NAME),$(if $(SAN),$(subst $(comma),-,$(SAN)),release))
BUILD   := build/$(FLAVOUR)
PKGS    := ncursesw libcjson yaml-0.1 libcares openssl libutf8proc
# loaded when first called (src/lazy), so that the first frame does not wait for them and theirs
LAZYPKGS := libcurl libmicrohttpd libngtcp2 libngtcp2_crypto_gnutls gnutls sqlite3
LAZYLIBS := curl microhttpd ngtcp2 ngtcp2_crypto_gnutls gnutls sqlite3
soname   = $(shell objdump -p $$($(CC) -print-file-name=lib$(1).so) 2>/dev/null | sed -n 's/ *SONAME *//p')
SONAMES := $(foreach lib,$(LAZYLIBS),-DSONAME_$(lib)='"$(call soname,$(lib))"')
DATADIR := $(PREFIX)/share/sandwatch

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wformat=2 -Wwrite-strings -Wvla -Wundef
CFLAGS   ?= -O2 -g
CPPFLAGS += -Isrc -D_GNU_SOURCE -DSANDWATCH_DATADIR='"$(DATADIR)"' $(shell pkg-config --cflags $(PKGS) $(LAZYPKGS))
ALLFLAGS := -std=c11 $(WARN) $(if $(WERROR),-Werror) -pthread -fno-common -fstack-protector-strong \
            $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
LDLIBS   += $(shell pkg-config --libs $(PKGS)) -lm -pthread

SRC  := $(sort $(shell find src -name "*.c" ! -path src/main.c))
OBJ  := $(SRC:%.c=$(BUILD)/%.o)
LIB  := $(BUILD)/libsandwatch.a
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))
AID  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/aid/*.c)))

.PHONY: all test unit check bench fuzz asan tsan clang-build asan-build tsan-build install format lint golden clean
all: build/sandwatch

# the program's contract is build/sandwatch, whatever the flavour's own folder
build/sandwatch: $(BUILD)/sandwatch
	$(Q)ln -sf $(FLAVOUR)/sandwatch $@

$(BUILD)/sandwatch: $(BUILD)/src/main.o $(LIB)
	$(Q)$(CC) $(CFLAGS) $(ALLFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(OBJ)
	$(Q)rm -f $@
	$(Q)$(AR) crs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(ALLFLAGS) -MMD -MP -c -o $@ $<

$(AID): CPPFLAGS += -Itests

$(BUILD)/tests/%: tests/unit/%.c $(AID) $(LIB) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) $(ALLFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(AID) $(LIB) $(LDLIBS) $(shell pkg-config --libs $(LAZYPKGS)) -lcmocka

$(BUILD)/src/lazy/%.o: CPPFLAGS += $(SONAMES)

-include $(OBJ:.o=.d) $(UNIT:=.d) $(AID:.o=.d) $(BUILD)/src/main.d

unit: $(UNIT)

test: all unit
	$(Q)BUILD=$(BUILD) tests/run

asan: asan-build
	$(Q)BUILD=build/asan tests/run

asan-build:
	$(Q)$(MAKE) --no-print-directory NAME=asan SAN=address,undefined CFLAGS='-O1 -g' build/asan/sandwatch unit

tsan: tsan-build
	$(Q)BUILD=build/tsan tests/run

tsan-build:
	$(Q)$(MAKE) --no-print-directory NAME=tsan SAN=thread CFLAGS='-O1 -g' build/tsan/sandwatch unit

clang-build:
	$(Q)$(MAKE) --no-print-directory NAME=clang CC=clang build/clang/sandwatch unit

check: lint test asan tsan

lint:
	$(Q)scripts/layers.sh
	$(Q)scripts/lint.sh

format:
	$(Q)clang-format -i $$(find src tests -name '*.[ch]')

golden: unit
	$(Q)GOLDEN=write BUILD=$(BUILD) tests/run golden

bench: all
	$(Q)tests/bench/run

FUZZ_SECONDS ?= 60
fuzz:
	$(Q)tests/fuzz/run $(FUZZ_SECONDS)

install: all
	install -D -m 755 build/sandwatch "$(DESTDIR)$(PREFIX)/bin/sandwatch"
	install -d "$(DESTDIR)$(DATADIR)/themes" "$(DESTDIR)$(DATADIR)/scenarios" "$(DESTDIR)$(DATADIR)/drivers"
	install -m 644 themes/*.yaml "$(DESTDIR)$(DATADIR)/themes"
	install -m 644 scenarios/*.yaml "$(DESTDIR)$(DATADIR)/scenarios"
	install -m 644 drivers/*.yaml "$(DESTDIR)$(DATADIR)/drivers"
	install -D -m 644 docs/sandwatch.1 "$(DESTDIR)$(PREFIX)/share/man/man1/sandwatch.1"

clean:
	rm -rf build
