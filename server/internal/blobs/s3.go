package blobs

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"satchel/syncproto"
)

// bucket keeps content as objects in a bucket of a service that speaks S3.
type bucket struct {
	client *minio.Client
	name   string
	// prefix stands before the names of all objects, with a slash behind it unless it is "".
	prefix string
}

// Keys are what a service knows us by.
type Keys struct{ Access, Secret string }

// S3 gives the store in a bucket: address is s3://HOST/BUCKET, with a prefix behind it if the bucket holds other things
// too, and ?region=REGION where the service asks for one. &plain=true speaks HTTP without TLS, for a service on the same
// machine. transport may be nil. Nothing is asked of the service yet.
func S3(address string, keys Keys, transport http.RoundTripper) (Store, error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "s3" || at.Host == "" || at.User != nil || at.Fragment != "" {
		return nil, fmt.Errorf("where photos are kept has to be s3://HOST/BUCKET, without keys in it") // it may hold keys: say nothing of it
	}
	name, prefix, _ := strings.Cut(strings.Trim(at.Path, "/"), "/")
	if name == "" {
		return nil, fmt.Errorf("s3://%s names no bucket: it has to be s3://%[1]s/BUCKET", at.Host)
	}
	if prefix != "" {
		prefix += "/"
	}
	client, err := minio.New(at.Host, &minio.Options{
		Creds: credentials.NewStaticV4(keys.Access, keys.Secret, ""), Region: at.Query().Get("region"),
		Secure: at.Query().Get("plain") != "true", Transport: transport, BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return nil, fmt.Errorf("where photos are kept, s3://%s: %w", at.Host, err)
	}
	return bucket{client, name, prefix}, nil
}

// Put writes an object, which a service shows once it is whole.
func (b bucket) Put(ctx context.Context, name string, content io.Reader, bytes int64) error {
	if !syncproto.IsBlobName(name) {
		return fmt.Errorf("keep content: %q is no name of content", name)
	}
	_, err := b.client.PutObject(ctx, b.name, b.prefix+name, content, bytes, minio.PutObjectOptions{
		ContentType: "application/octet-stream", DisableMultipart: true, SendContentMd5: true,
	})
	if err != nil {
		return fmt.Errorf("keep content in bucket %s: %w", b.name, err)
	}
	return nil
}

// Open finds the object; its content comes as it is read.
func (b bucket) Open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	if !syncproto.IsBlobName(name) {
		return nil, ErrMissing
	}
	object, err := b.client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err == nil {
		_, err = object.Stat()
	}
	switch {
	case minio.ToErrorResponse(err).Code == minio.NoSuchKey:
		return nil, ErrMissing
	case err != nil:
		return nil, fmt.Errorf("open content in bucket %s: %w", b.name, err)
	}
	return object, nil
}

// Delete removes the object.
func (b bucket) Delete(ctx context.Context, name string) error {
	if !syncproto.IsBlobName(name) {
		return nil
	}
	if err := b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{}); err != nil {
		return fmt.Errorf("delete content in bucket %s: %w", b.name, err)
	}
	return nil
}

// List asks for the names, a thousand at a time.
func (b bucket) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for object := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
			name := path.Base(object.Key)
			switch {
			case object.Err != nil:
				yield("", fmt.Errorf("list content in bucket %s: %w", b.name, object.Err))
				return
			case object.Key == b.prefix+name && syncproto.IsBlobName(name) && !yield(name, nil):
				return
			}
		}
	}
}
