package syncproto

import "fmt"

// A Code names what a request was refused for. Codes are never renamed and never used again for
// something else. docs/protocol.md has a heading for each.
type Code string

// The codes.
const (
	CodeBadRequest       Code = "bad_request"
	CodeFrameInvalid     Code = "frame_invalid"
	CodeBodyTooLarge     Code = "body_too_large"
	CodeBatchTooLarge    Code = "batch_too_large"
	CodeMediaType        Code = "media_type"
	CodeProtocol         Code = "protocol_unsupported"
	CodeUnauthorized     Code = "unauthorized"
	CodeTokenExpired     Code = "token_expired"
	CodeTokenReused      Code = "token_reused"
	CodeCodeInvalid      Code = "code_invalid"
	CodeLoginFailed      Code = "login_failed"
	CodeForbidden        Code = "forbidden"
	CodeCSRF             Code = "csrf"
	CodeNotFound         Code = "not_found"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeDeviceForked     Code = "device_forked"
	CodeResendFrom       Code = "resend_from"
	CodeStale            Code = "stale"
	CodeInvalid          Code = "invalid"
	CodeTooManyRequests  Code = "too_many_requests"
	CodeBusy             Code = "busy"
	CodeStorageFull      Code = "storage_full"
	CodeInternal         Code = "internal"
	CodeUnsupported      Code = "unsupported"
	CodeBlobOffset       Code = "blob_offset"
	CodeBlobWrong        Code = "blob_wrong"
)

// statuses gives each code its HTTP status.
var statuses = map[Code]int{
	CodeBadRequest:       400,
	CodeFrameInvalid:     400,
	CodeBodyTooLarge:     413,
	CodeBatchTooLarge:    413,
	CodeMediaType:        415,
	CodeProtocol:         400,
	CodeUnauthorized:     401,
	CodeTokenExpired:     401,
	CodeTokenReused:      401,
	CodeCodeInvalid:      401,
	CodeLoginFailed:      401,
	CodeForbidden:        403,
	CodeCSRF:             403,
	CodeNotFound:         404,
	CodeMethodNotAllowed: 405,
	CodeDeviceForked:     409,
	CodeResendFrom:       409,
	CodeStale:            409,
	CodeInvalid:          422,
	CodeTooManyRequests:  429,
	CodeBusy:             503,
	CodeStorageFull:      507,
	CodeInternal:         500,
	CodeUnsupported:      501,
	CodeBlobOffset:       409,
	CodeBlobWrong:        422,
}

// Codes gives every code and its HTTP status.
func Codes() map[Code]int { return statuses }

// A Problem is a refused request, as RFC 9457 writes it (application/problem+json). Detail says to
// a person what happened, whether the data is safe and what to do; it never holds personal data.
type Problem struct {
	Type   string `json:"type"`
	Status int    `json:"status"`
	Code   Code   `json:"code"`
	Detail string `json:"detail"`
	// Tip goes with resend_from and device_forked: the last change of the device, of those that it
	// knows, that the server has too. What comes behind it is to be sent again or, by a device that
	// forked, to be numbered anew.
	Tip *Tip `json:"tip,omitempty"`
	// Have goes with blob_offset: how many bytes of the blob the server has from this device, and so where to go on.
	Have *int64 `json:"have,omitempty"`
	// Request is the id under which the server logged the request.
	Request string `json:"request,omitempty"`
}

// ProblemMediaType is the content type of a [Problem].
const ProblemMediaType = "application/problem+json"

// Refuse makes a problem of that code. The detail is formatted as by [fmt.Sprintf].
func Refuse(code Code, format string, args ...any) *Problem {
	return &Problem{
		Type:   "urn:satchel:problem:" + string(code),
		Status: statuses[code],
		Code:   code,
		Detail: fmt.Sprintf(format, args...),
	}
}

// Error gives the code and the detail.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// Is makes [errors.Is] compare problems by their codes.
func (p *Problem) Is(target error) bool {
	other, ok := target.(*Problem)
	return ok && other.Code == p.Code
}
