package localca

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Names are what an authority is for.
type Names struct {
	// DNS are names in lower case, the server's own first. There is at least one.
	DNS []string
	// Addresses may be none.
	Addresses []netip.Addr
}

// label is a part of a name between dots.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ReadNames checks names and addresses that somebody gave. A name has two parts or more: whoever trusts an authority for
// "lan" trusts it for every name that ends so.
func ReadNames(dns []string, addresses []netip.Addr) (Names, error) {
	var n Names
	for _, given := range dns {
		name := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(given), "."))
		parts := strings.Split(name, ".")
		bad := slices.ContainsFunc(parts, func(part string) bool { return !label.MatchString(part) })
		if _, err := netip.ParseAddr(name); err == nil {
			return n, fmt.Errorf("%q is an address: tablets find the server by a name, and keep their store under it", given)
		}
		if bad || len(parts) < 2 || len(name) > 253 {
			return n, fmt.Errorf("%q is no name for a server: it takes two parts or more of letters without marks, digits and hyphens, such as satchel.office.lan", given)
		}
		if !slices.Contains(n.DNS, name) {
			n.DNS = append(n.DNS, name)
		}
	}
	if len(n.DNS) == 0 {
		return n, fmt.Errorf("an authority needs the name by which tablets find the server")
	}
	for _, address := range addresses {
		if address = address.Unmap().WithZone(""); !slices.Contains(n.Addresses, address) {
			n.Addresses = append(n.Addresses, address)
		}
	}
	return n, nil
}

func addressOf(ip net.IP) netip.Addr {
	address, _ := netip.AddrFromSlice(ip) // a certificate that was parsed has whole addresses
	return address.Unmap()
}
