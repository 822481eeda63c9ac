package schema

import (
	"fmt"
	"slices"
	"strings"
)

// units are those that have a name of their own in generated code, unitNames their names.
var units, unitNames = func() (units []string, names map[string]Name) {
	names = map[string]Name{}
	for _, line := range strings.Split(strings.TrimSpace(unitTable), "\n") {
		unit, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		units = append(units, unit)
		names[unit] = Name(name)
	}
	return units, names
}()

const unitTable = `
	°C Celsius
	°F Fahrenheit
	K Kelvins
	% Percent
	‰ Permille
	ppm PartsPerMillion
	ppb PartsPerBillion
	Pa Pascals
	hPa Hectopascals
	kPa Kilopascals
	mbar Millibars
	bar Bars
	V Volts
	mV Millivolts
	µV Microvolts
	A Amperes
	mA Milliamperes
	µA Microamperes
	W Watts
	mW Milliwatts
	kW Kilowatts
	VA Voltamperes
	var Vars
	J Joules
	Wh WattHours
	kWh KilowattHours
	Ah AmpereHours
	mAh MilliampereHours
	Ω Ohms
	kΩ Kiloohms
	F Farads
	Hz Hertz
	kHz Kilohertz
	MHz Megahertz
	rpm RevolutionsPerMinute
	ns Nanoseconds
	µs Microseconds
	ms Milliseconds
	s Seconds
	min Minutes
	h Hours
	d Days
	µm Micrometers
	mm Millimeters
	cm Centimeters
	m Meters
	km Kilometers
	m² SquareMeters
	m³ CubicMeters
	l Liters
	L Liters
	ml Milliliters
	mL Milliliters
	l/min LitersPerMinute
	m³/h CubicMetersPerHour
	mg Milligrams
	g Grams
	kg Kilograms
	t Tonnes
	µg/m³ MicrogramsPerCubicMeter
	mg/m³ MilligramsPerCubicMeter
	g/m³ GramsPerCubicMeter
	N Newtons
	Nm NewtonMeters
	m/s MetersPerSecond
	km/h KilometersPerHour
	m/s² MetersPerSecondSquared
	mm/h MillimetersPerHour
	° Degrees
	rad Radians
	°/s DegreesPerSecond
	lx Lux
	lm Lumens
	cd Candelas
	W/m² WattsPerSquareMeter
	T Teslas
	mT Milliteslas
	µT Microteslas
	dB Decibels
	dBm DecibelMilliwatts
	dBA DecibelsA
	pH PH
	µS/cm MicrosiemensPerCentimeter
	Bq/m³ BecquerelsPerCubicMeter
	µSv/h MicrosievertsPerHour
	bit Bits
	B Bytes
	kB Kilobytes
	KiB Kibibytes
	MiB Mebibytes
	B/s BytesPerSecond
	kbit/s KilobitsPerSecond
`

// unitHint says which unit was meant, whether written as one or spelt out, or what to do if none was.
func unitHint(word string) string {
	const do = "add unit_name, such as MetersPerSecond"
	known, symbols := slices.Clone(units), map[string]string{}
	for _, unit := range units {
		name := string(unitNames[unit])
		known = append(known, name)
		symbols[unit], symbols[name] = unit, unit
	}
	if best := nearest(word, known); best != "" {
		return fmt.Sprintf("did you mean %q? If not, %s", symbols[best], do)
	}
	return do
}

// micro writes a unit as the table does, which has the micro sign, not the Greek letter, and ohms by the Greek letter.
var micro = strings.NewReplacer("μ", "µ", "\u2126", "Ω")

// unit reads a field's unit and its name, without which generated code can do as long as no accessor of a message needs it.
func (b *bodyParser) unit(o *object, f *Field) {
	f.Unit = o.text("unit")
	given := o.formed("unit_name")
	switch {
	case f.Unit == "" && o.has("unit_name") && !o.has("unit"):
		b.nodeFault(o.keys["unit_name"], "unit_name without unit", "it is the name of one", "add unit")
	case f.Unit == "":
	case given != "":
		f.UnitName = Name(given)
	default:
		f.UnitName = unitNames[micro.Replace(f.Unit)]
		if f.UnitName == "" && !o.has("unit_name") && b.owner.use.side == forMessages {
			b.nodeFault(o.values["unit"], "unknown unit "+quote(f.Unit), "generated code needs a word for it", unitHint(f.Unit))
		}
	}
	if t := f.Type.number(); t.Kind != 0 && (!t.Kind.Integer() && !t.Kind.Float() || t.named()) && o.has("unit") &&
		b.owner.use.side == forMessages {
		b.nodeFault(o.keys["unit"], "unit of a field that is no number", "", "remove it")
	}
}
