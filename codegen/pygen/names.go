package pygen

import (
	"regexp"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// What Python or generated code has a use for gets an underscore behind, as Python's own style has it. No name of a spec
// ends with one, so that it stays apart from all others.
var (
	// taken are names that a class body uses while it declares attributes.
	taken = wordSet("bytes classmethod field list property str tuple")

	// takenClasses are words of Python and names that modules use.
	takenClasses = wordSet(`None True False
		Any Buffer ClassVar CodecError ErrorCode Field Flags IntEnum IntFlag Iterator Packet RawPacket Reader Tag Type TypeAlias
		UnknownIdError`)

	// takenConstants are those that modules have.
	takenConstants = wordSet("LAYOUT_HASH MESSAGES PACKETS")

	// takenPackages are words of Python and modules of its library, which an import would find first.
	takenPackages = wordSet(`
		and as assert async await break class continue def del elif else except finally for from global if import in is lambda
		nonlocal not or pass raise return try while with yield
		abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins
		bz2 calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall compression concurrent
		configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis
		distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib
		functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib
		imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap
		marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers
		opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pip pipes pkgutil platform plistlib poplib
		posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re
		readline reprlib resource rlcompleter runpy sched secrets select selectors setuptools shelve shlex shutil signal
		site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics
		string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios
		test textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle
		turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound
		wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo`)
)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

func free(name string, taken map[string]bool) string {
	if taken[name] {
		return name + "_"
	}
	return name
}

// attribute is the name of a field in Python.
func attribute(n schema.Name) string { return free(n.Snake(), taken) }

// class is the name of a type in Python.
func class(n schema.Name) string { return free(n.Pascal(), takenClasses) }

// constant is the name of a constant in Python.
func constant(n schema.Name) string { return free(n.Upper(), takenConstants) }

// unionClass is the name of the type of a field that is one of several structs.
func unionClass(owner schema.Name, f *schema.Field) string {
	return free(owner.Pascal()+f.Name.Pascal(), takenClasses)
}

// enumMember is a value of an enum.
func enumMember(e *schema.Enum, v *schema.EnumValue) string {
	return class(e.Name) + "." + v.Name.Upper()
}

// packageName is what users import.
func packageName(spec *schema.Spec) string {
	return free(strings.ReplaceAll(spec.Name, "-", "_"), takenPackages)
}

var (
	release    = regexp.MustCompile(`^\d+\.\d+\.\d+`)
	preRelease = regexp.MustCompile(`^-(alpha|beta|rc|dev)[.-]?0*(\d*)$`)
	word       = regexp.MustCompile(`[a-z0-9]+`)
)

// preReleases are those that PEP 440 knows.
var preReleases = map[string]string{"alpha": "a", "beta": "b", "rc": "rc", "dev": ".dev"}

// version writes a semantic version as PEP 440 has it. Other pre-releases become a development release, which is before
// the release too, and what they are called its local version.
func version(semantic string) string {
	out := release.FindString(semantic)
	suffix, build, _ := strings.Cut(semantic[len(out):], "+")
	local := word.FindAllString(strings.ToLower(build), -1)
	if m := preRelease.FindStringSubmatch(suffix); m != nil {
		number := m[2]
		if number == "" {
			number = "0"
		}
		out += preReleases[m[1]] + number
	} else if suffix != "" {
		out += ".dev0"
		local = append(word.FindAllString(strings.ToLower(suffix), -1), local...)
	}
	if len(local) > 0 {
		out += "+" + strings.Join(local, ".")
	}
	return out
}
