package schema

import (
	"fmt"
	"strings"
)

const maxNameLength = 64

// fieldName returns the name at key "name" of a field, which a target may keep for itself.
func (o *object) fieldName() Name {
	n := o.name()
	if reservedWords[string(n)] {
		o.nodeFault(o.values["name"], fmt.Sprintf("the name %q", n), "it is a reserved word in a generated language", "choose another")
	}
	return n
}

// name returns the name at key "name".
func (o *object) name() Name {
	s := o.formed("name")
	if len(s) > maxNameLength {
		o.nodeFault(o.values["name"], fmt.Sprintf("a name of %d characters", len(s)), fmt.Sprintf("the limit is %d", maxNameLength), "shorten it")
	}
	return Name(s)
}

// names are those given so far and their lines, in the form that no target tells apart: Go writes both id_x and idx as
// idx, C writes both IdX and ID_X as ID_X.
type names map[string]int

// claim gives o's name to o, and reports where another has it. owner is the type whose name generated code puts before.
func (o *object) claim(given names, owner, n Name) bool {
	if n == "" || !o.has("name") {
		return false // reported
	}
	key := owner.Lower() + n.Lower()
	what, how := "the name "+quote(o.values["name"].Value), ""
	if made := string(owner + n); made != o.values["name"].Value {
		how = "it makes " + quote(made) + " and "
	}
	switch line, taken := given[key]; {
	case taken && line == 0:
		o.nodeFault(o.values["name"], what, how+"generated code has one that is or becomes the same", "choose another")
		return false
	case taken:
		o.nodeFault(o.values["name"], what,
			how+fmt.Sprintf("line %d has one that is or becomes the same in generated code", line), "choose another")
		return false
	}
	given[key] = o.values["name"].Line
	return true
}

// generatedNames are those that generated code gives itself, in line 0.
func generatedNames() names {
	given := names{}
	for word := range wordSet(topNames) {
		given[word] = 0
	}
	for _, e := range CodecErrors {
		given["err"+e.Name.Lower()] = 0
	}
	return given
}

// addMessages adds those that generated code gives itself for messages.
func (given names) addMessages() {
	for word := range wordSet(messageNames) {
		given[word] = 0
	}
	for _, e := range MessageErrors {
		given["err"+e.Name.Lower()] = 0
	}
}

// memberNames are those that generated code gives itself beside the fields of what it is.
func memberNames(what string) names {
	if what == "a message" {
		return names{"id": 0, "topic": 0}
	}
	return names{}
}

// variantNames are those that generated code gives itself beside the variants of a union.
func variantNames() names { return names{"tag": 0, "raw": 0, "unknown": 0} }

// reservedWords are names that a field cannot have in Go, C, C++, Python, TypeScript or Lua, or that generated code gives
// to a member of its own.
var reservedWords = wordSet(`
	alignas alignof and and_eq as asm assert async await atomic_cancel atomic_commit atomic_noexcept auto bitand bitor bool break case catch chan
	char char16_t char32_t char8_t
	class co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue debugger decltype
	def default defer del delete do double dynamic_cast elif else elseif end enum except exec explicit export extends extern
	fallthrough false finally float for friend from func function global go goto if implements import in inline instanceof int
	interface is lambda let local long map mutable namespace new nil noexcept none nonlocal not not_eq null nullptr operator or
	or_eq package pass private protected public raise range register reinterpret_cast repeat requires restrict return select
	short signed sizeof static static_assert static_cast struct super switch template then this thread_local throw true try
	type typedef typeid typename typeof typeof_unqual union unsigned until using var virtual void volatile wchar_t while with
	xor xor_eq yield
	append append_last broadcast decode encode fields flags length reset validate
	arguments constructor eval self
	environ errno linux offsetof stderr stdin stdout unix
	int8_t int16_t int32_t int64_t size_t uint8_t uint16_t uint32_t uint64_t`)

// topNames are those that generated code gives itself in some language, beside the errors, or takes from it.
const topNames = `
	bytes codecerror decoder err error errorcode fieldinfo headersize layout layouthash maxbody maxshortbody object ok
	packet rawpacket tlv tlvs type uint8array walk walker`

// messageNames are those that generated code gives itself where there are messages, or takes from its language.
const messageNames = `
	message messages unknown unknowniderror variant validate encode decode decodeerror encodeerror reader writer
	array bigint boolean dataview exception infinity intenum intflag math number rangeerror string textdecoder
	textencoder valueerror`

// components are those of ESP-IDF: one of the same name would take its place.
var components = wordSet(`
	app_trace app_update bootloader bootloader_support bt cmock console cxx driver efuse esp-tls esp_adc esp_app_format
	esp_bootloader_format esp_coex esp_common esp_eth esp_event esp_gdbstub esp_hal esp_hid esp_http_client esp_http_server
	esp_https_ota esp_https_server esp_hw_support esp_lcd esp_libc esp_local_ctrl esp_mm esp_netif esp_netif_stack
	esp_partition esp_phy esp_pm esp_psram esp_ringbuf esp_rom esp_security esp_stdio esp_system esp_tee esp_timer
	esp_usb_cdc_rom_console esp_vfs_console esp_wifi espcoredump esptool_py fatfs freertos hal heap http_parser idf_test
	ieee802154 json linux log lwip main mbedtls mqtt newlib nvs_flash nvs_sec_provider openthread partition_table perfmon
	protobuf-c protocomm pthread riscv rt sdmmc soc spi_flash spiffs tcp_transport tcpip_adapter touch_element ulp unity
	usb vfs wear_levelling wifi_provisioning wpa_supplicant xtensa`)

// cHeaders are those of C and POSIX that applications include.
var cHeaders = wordSet(`
	assert complex ctype dirent errno fcntl fenv float inttypes iso646 limits locale malloc math netdb poll pthread sched
	semaphore setjmp signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath
	threads time uchar unistd wchar wctype`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}
