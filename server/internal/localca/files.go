package localca

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func encode(kind string, raw []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw})
}

// writeWithKey writes certificates and the key of the first into one file, so that they cannot come apart.
func writeWithKey(path string, key *ecdsa.PrivateKey, chain ...*x509.Certificate) error {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	var text []byte
	for _, c := range chain {
		text = append(text, encode("CERTIFICATE", c.Raw)...)
	}
	return writeFile(path, append(text, encode("PRIVATE KEY", raw)...), 0o600)
}

func readWithKey(path string) (*tls.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &pair, nil
}

// writeFile puts a file in place whole or not at all, and waits until the disk has it.
func writeFile(path string, text []byte, mode os.FileMode) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // it is for its owner alone
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(text)
	if err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
