package link

// notices are events that wait to be told, the oldest first. They have values, so that telling takes no memory.
type notices struct {
	list []notice
	told int
}

// notice is one of the events that its machine tells, besides messages.
type notice struct {
	kind       noticeKind
	result     Result
	connection Connection
	presence   Presence
}

type noticeKind uint8

const (
	noticeResult     noticeKind = 1
	noticeConnection noticeKind = 2
	noticePresence   noticeKind = 3
)

func (n *notices) result(r Result) { n.list = append(n.list, notice{kind: noticeResult, result: r}) }

func (n *notices) connection(c Connection) {
	n.list = append(n.list, notice{kind: noticeConnection, connection: c})
}

func (n *notices) presence(p Presence) {
	n.list = append(n.list, notice{kind: noticePresence, presence: p})
}

// next returns the next event. It is valid until another is added.
func (n *notices) next() (Event, bool) {
	if n.told == len(n.list) {
		n.list, n.told = n.list[:0], 0
		return nil, false
	}
	e := &n.list[n.told]
	n.told++
	switch e.kind {
	case noticeResult:
		return &e.result, true
	case noticeConnection:
		return &e.connection, true
	}
	return &e.presence, true
}
