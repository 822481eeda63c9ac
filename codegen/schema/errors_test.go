package schema

import "testing"

func TestClosest(t *testing.T) {
	candidates := []string{"Point", "PointList", "max", "id"}
	for word, want := range map[string]string{
		"Pionts": "Point", "PointListOfCorners": "PointList", "maximum": "max", "identifier": "none", "": "none",
	} {
		if want != "none" {
			want = `did you mean "` + want + `"?`
		}
		if got := Closest(word, candidates, "none"); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
