package espnow_test

import (
	"encoding/binary"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// The floor of the codec's benchmarks: PUBLISH and CONNACK as a careful person writes them by hand, into the same types,
// with the same checks and the same promise that an error changes nothing.

func floorAppendPublish(p *espnow.Publish, b []byte, limit int) ([]byte, error) {
	if p.Flags&^0x0f != 0 {
		return b, espnow.ErrUnknownFlag
	}
	if p.Flags&(espnow.PublishMore|espnow.PublishFragment) == espnow.PublishMore {
		return b, espnow.ErrMissingFlag
	}
	n := 2 + len(p.Data)
	if p.Flags&espnow.PublishFragment != 0 {
		n += 4
	}
	if n > limit {
		return b, espnow.ErrTooLong
	}
	length := byte(255)
	if n < 255 {
		length = byte(n)
	}
	b = append(b, 0x30|byte(p.Flags), length)
	b = binary.LittleEndian.AppendUint16(b, p.MessageID)
	if p.Flags&espnow.PublishFragment != 0 {
		b = binary.LittleEndian.AppendUint32(b, p.Offset)
	}
	return append(b, p.Data...), nil
}

func floorDecodePublish(p *espnow.Publish, flags uint8, body []byte) (int, error) {
	if flags > 0x0f {
		return 0, espnow.ErrUnknownFlag
	}
	f := espnow.PublishFlags(flags)
	if f&(espnow.PublishMore|espnow.PublishFragment) == espnow.PublishMore {
		return 0, espnow.ErrMissingFlag
	}
	if len(body) < 2 {
		return 0, espnow.ErrShort
	}
	id := binary.LittleEndian.Uint16(body)
	data, offset := body[2:], uint32(0)
	if f&espnow.PublishFragment != 0 {
		if len(data) < 4 {
			return 0, espnow.ErrShort
		}
		offset = binary.LittleEndian.Uint32(data)
		data = data[4:]
	}
	p.Flags, p.MessageID, p.Offset, p.Data = f, id, offset, data
	return len(body), nil
}

func floorWelcomeInRange(w *espnow.Welcome) bool {
	return w.MaxFrame >= 250 && w.MaxFrame <= 1470 && w.KeepAlive > 0 && w.Session > 0 && w.Window >= 1 && w.Window <= 64
}

func floorWhole(tlvs []byte) bool {
	for len(tlvs) > 0 {
		if len(tlvs) < 2 || len(tlvs) < 2+int(tlvs[1]) {
			return false
		}
		tlvs = tlvs[2+int(tlvs[1]):]
	}
	return true
}

func floorAppendConnack(p *espnow.Connack, b []byte, limit int) ([]byte, error) {
	if p.Flags > 1 {
		return b, espnow.ErrUnknownFlag
	}
	secure := p.Flags == espnow.ConnackSecure
	n := 5
	if secure {
		n += 8
	}
	switch p.Status {
	case espnow.ConnackStatusAccepted:
		if secure {
			n += 48 + len(p.Ciphertext)
			break
		}
		if !floorWelcomeInRange(&p.Welcome) {
			return b, espnow.ErrRange
		}
		if !floorWhole(p.Welcome.TLVs) {
			return b, espnow.ErrShort
		}
		n += 15 + len(p.Welcome.TLVs)
	case espnow.ConnackStatusHere:
		n += 10
	case espnow.ConnackStatusBusy:
		n += 2
	case espnow.ConnackStatusRefused:
		n++
	default:
		return b, espnow.ErrRange
	}
	if n > limit {
		return b, espnow.ErrTooLong
	}
	b = append(b, 0x20|byte(p.Flags), byte(min(n, 255)), byte(p.Status))
	b = binary.LittleEndian.AppendUint32(b, p.Echo)
	if secure {
		b = append(b, p.Proof[:]...)
	}
	switch p.Status {
	case espnow.ConnackStatusAccepted:
		if secure {
			b = append(b, p.Ephemeral[:]...)
			b = append(b, p.Ciphertext...)
			return append(b, p.Tag[:]...), nil
		}
		w := &p.Welcome
		b = binary.LittleEndian.AppendUint32(b, w.Boot)
		b = binary.LittleEndian.AppendUint32(b, w.MaxMessage)
		b = binary.LittleEndian.AppendUint16(b, w.MaxFrame)
		b = binary.LittleEndian.AppendUint16(b, w.KeepAlive)
		b = append(b, w.Session, w.Window, w.Channel)
		b = append(b, w.TLVs...)
	case espnow.ConnackStatusHere:
		b = append(b, p.Cookie[:]...)
		b = append(b, p.Load, p.Channel)
	case espnow.ConnackStatusBusy:
		b = binary.LittleEndian.AppendUint16(b, p.RetryAfter)
	case espnow.ConnackStatusRefused:
		b = append(b, byte(p.Reason))
	}
	return b, nil
}

func floorDecodeConnack(p *espnow.Connack, flags uint8, body []byte) (int, error) {
	if flags > 1 {
		return 0, espnow.ErrUnknownFlag
	}
	if len(body) < 5 {
		return 0, espnow.ErrShort
	}
	status, echo := espnow.ConnackStatus(body[0]), binary.LittleEndian.Uint32(body[1:])
	b := body[5:]
	var proof [8]byte
	if flags == 1 {
		if len(b) < 8 {
			return 0, espnow.ErrShort
		}
		proof, b = [8]byte(b), b[8:]
	}
	start := func() {
		*p = espnow.Connack{}
		p.Flags, p.Status, p.Echo, p.Proof = espnow.ConnackFlags(flags), status, echo, proof
	}
	switch {
	case status == espnow.ConnackStatusAccepted && flags == 1:
		if len(b) < 48 {
			return 0, espnow.ErrShort
		}
		start()
		p.Ephemeral, p.Ciphertext, p.Tag = [32]byte(b), b[32:len(b)-16:len(b)-16], [16]byte(b[len(b)-16:])
		return len(body), nil
	case status == espnow.ConnackStatusAccepted:
		if len(b) < 15 {
			return 0, espnow.ErrShort
		}
		w := espnow.Welcome{
			Boot: binary.LittleEndian.Uint32(b), MaxMessage: binary.LittleEndian.Uint32(b[4:]),
			MaxFrame: binary.LittleEndian.Uint16(b[8:]), KeepAlive: binary.LittleEndian.Uint16(b[10:]),
			Session: b[12], Window: b[13], Channel: b[14], TLVs: b[15:],
		}
		if !floorWelcomeInRange(&w) {
			return 0, espnow.ErrRange
		}
		if !floorWhole(w.TLVs) {
			return 0, espnow.ErrShort
		}
		start()
		p.Welcome = w
		return len(body), nil
	case status == espnow.ConnackStatusHere:
		if len(b) < 10 {
			return 0, espnow.ErrShort
		}
		start()
		p.Cookie, p.Load, p.Channel = [8]byte(b), b[8], b[9]
		return len(body) - len(b) + 10, nil
	case status == espnow.ConnackStatusBusy:
		if len(b) < 2 {
			return 0, espnow.ErrShort
		}
		start()
		p.RetryAfter = binary.LittleEndian.Uint16(b)
		return len(body) - len(b) + 2, nil
	case status == espnow.ConnackStatusRefused:
		if len(b) < 1 {
			return 0, espnow.ErrShort
		}
		start()
		p.Reason = espnow.RefuseReason(b[0])
		return len(body) - len(b) + 1, nil
	}
	return 0, espnow.ErrRange
}
