package webhooks

import (
	"net/netip"
	"testing"
)

func TestWhichAddressesArePublic(t *testing.T) {
	allowed := []netip.Prefix{netip.MustParsePrefix("10.1.2.0/24")}
	for address, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "10.1.2.3": true, "::ffff:10.1.2.3": true,
		"10.1.3.3": false, "127.0.0.1": false, "::1": false, "0.0.0.0": false, "::": false, "169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false,
		"172.16.0.1": false, "192.168.1.1": false, "fd00::1": false, "100.64.0.1": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false,
		"::ffff:127.0.0.1": false, "::ffff:192.168.1.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "198.18.0.1": false, "fec0::1": false, "0.1.2.3": false,
	} {
		if got := public(netip.MustParseAddr(address), allowed); got != want {
			t.Errorf("%s is public: %v, want %v", address, got, want)
		}
	}
}
