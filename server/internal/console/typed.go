package console

import (
	"net/url"
	"strings"

	"satchel/syncproto"
)

// A typedForm is one that came from a page of ours, but not from who is logged in: their session had ended. What was typed
// travels on in the pages by which they log in, until they send it with a button. A page of another site could have anything
// typed; so nothing is kept unless the browser says that the form is ours.
type typedForm struct {
	// To is where the form was sent, Typed what it said, encoded as a form is; "" if nothing is kept.
	To, Typed string
}

// keep gives the form of a visit to keep, without what is secret; the zero typedForm if nothing was typed, or too much.
func (v *Visit) keep() typedForm {
	if v.Request.MultipartForm != nil {
		return typedForm{} // it is about a file, which a page cannot hold
	}
	typed := url.Values{}
	blank := true
	for name, values := range v.Request.PostForm {
		if name == "csrf" {
			continue
		}
		for _, value := range values {
			if strings.Contains(name, "password") {
				value = ""
			}
			typed.Add(name, value)
			blank = blank && value == ""
		}
	}
	if blank {
		return typedForm{}
	}
	return v.keepIfOurs(v.Request.URL.RequestURI(), typed.Encode())
}

// keepIfOurs gives a form to keep, if a page of ours sent it, and to us, and it is not too long.
func (v *Visit) keepIfOurs(to, typed string) typedForm {
	ours := v.Request.Header.Get("Sec-Fetch-Site") == "same-origin"
	if !ours || within(to, "") == "" || len(typed) > SmallBody {
		return typedForm{}
	}
	return typedForm{to, typed}
}

// resendForm is what the page of that name shows: a form that was kept and waits to be sent again.
type resendForm struct {
	To     string
	Fields url.Values
	// Secret says that the form has a password, which was not kept.
	Secret bool
}

// offerResend answers with the page from which who is logged in sends a form again that was kept.
func (v *Visit) offerResend(status int, form typedForm) error {
	fields, err := url.ParseQuery(form.Typed)
	if err != nil {
		return syncproto.Refuse(syncproto.CodeBadRequest, "What was kept is not a form. Nothing was changed.")
	}
	_, secret := fields["password"]
	return v.render(status, "resend", view{Visit: v, Data: resendForm{form.To, fields, secret}})
}
