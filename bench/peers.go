package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
)

// A document is what a peer keeps of a record: its fields, as JSON.
type document struct {
	id string
	// made are the fields of the new record, edited all of them after the edit: what has no merge is sent the whole.
	made, edited json.RawMessage
}

// documents gives the documents of a load, in its batches.
func documents(l load) ([][]document, error) {
	out := make([][]document, len(l.made))
	for i, batch := range l.made {
		for j, e := range batch {
			made, err := json.Marshal(e.Fields)
			if err != nil {
				return nil, err
			}
			fields := maps.Clone(e.Fields)
			maps.Copy(fields, l.edited[i][j].Fields)
			edited, err := json.Marshal(fields)
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], document{id: e.Record.String(), made: made, edited: edited})
		}
	}
	return out, nil
}

// A peer is the far end of the requests of all devices. They are not compressed: on loopback that costs both sides
// more than it saves.
type peer struct {
	address string
	http    *http.Client
}

func newPeer(address string, devices int) *peer {
	return &peer{address: address, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: devices, DisableCompression: true}}}
}

// call sends a request and gives the answer, which has to be one of success.
func (p *peer) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s was answered with %s: %.1000s", method, path, res.Status, answer)
	}
	return answer, err
}

// after gives what stands in an answer behind the last of a key, up to the next of the bytes in until. The answer is
// not decoded, as that costs a peer's client more than Satchel's, which does not look into the records either. It is
// safe to look for a key of JSON with its quotes: within a text they are escaped.
func after(answer []byte, key, until string) (string, error) {
	i := bytes.LastIndex(answer, []byte(key))
	if i >= 0 {
		rest := answer[i+len(key):]
		if n := bytes.IndexAny(rest, until); n >= 0 {
			return string(rest[:n]), nil
		}
	}
	return "", fmt.Errorf("an answer has no %s: %.1000s", key, answer)
}

// npmPackages gives the directory that has the programs of bench/peers/npm and the packages that they need. It is
// made once for each version of them, in the user's cache: never in the tree.
func npmPackages(ctx context.Context) (dir string, err error) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("%w; install Node.js 20 or newer, which has it", err)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a directory for packages: %w", err)
	}
	source := os.DirFS("bench/peers/npm")
	files, err := fs.ReadDir(source, ".")
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		text, err := fs.ReadFile(source, f.Name())
		if err != nil {
			return "", err
		}
		hash.Write(text)
	}
	dir = filepath.Join(cache, "satchel-bench", fmt.Sprintf("npm-%.8x", hash.Sum(nil)))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	fmt.Fprintf(os.Stderr, "install the packages of bench/peers/npm in %s\n", dir)
	made := dir + ".made"
	if err := os.RemoveAll(made); err != nil {
		return "", err
	}
	if err := os.CopyFS(made, source); err != nil {
		return "", err
	}
	install := exec.CommandContext(ctx, "npm", "ci")
	install.Dir = made
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("install what bench/peers/npm needs: npm ci: %w\n%s", err, out)
	}
	return dir, os.Rename(made, dir)
}
