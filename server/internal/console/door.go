package console

import (
	"net/http"
	"time"

	"satchel/internal/language"
	"satchel/server/internal/accounts"
)

// The cookies: a session, which scripts cannot read, and a language.
const (
	SessionCookie  = "satchel_session"
	languageCookie = "satchel_language"
)

// wordsFor gives the language of who asks: the one that they chose, or else what their browser prefers.
func (c *Console) wordsFor(r *http.Request) language.Words {
	if cookie, err := r.Cookie(languageCookie); err == nil {
		return c.shown().catalogue.Match(cookie.Value)
	}
	return c.shown().catalogue.Match(r.Header.Get("Accept-Language"))
}

// home leads to where somebody's work begins.
func (c *Console) home(v *Visit) error {
	if v.LoggedIn() {
		return v.goTo("/tablets", v.query("said"))
	}
	none, err := c.Accounts.Vacant(v.ctx())
	if err != nil {
		return err
	}
	if none {
		return v.goTo("/setup", "")
	}
	return v.goTo("/login", "")
}

// loginForm is what the page of that name shows.
type loginForm struct {
	Login, Next string
	Kept        typedForm
}

func (c *Console) askLogin(v *Visit) error {
	next := within(v.query("next"), "/")
	if v.LoggedIn() {
		return v.goTo(next, "")
	}
	return v.page("login", loginForm{Next: next})
}

func (c *Console) login(v *Visit) error {
	in := loginForm{v.form("login"), within(v.form("next"), "/"), v.keepIfOurs(v.form("to"), v.Request.FormValue("typed"))}
	s, err := c.Accounts.Login(v.ctx(), in.Login, v.Request.FormValue("password"))
	if err != nil {
		return v.again(err, "login", in)
	}
	c.remember(v, s)
	if in.Kept.Typed != "" {
		v.Session = s
		return v.offerResend(http.StatusOK, in.Kept)
	}
	return v.goTo(in.Next, "")
}

// remember leaves a session with the browser.
func (c *Console) remember(v *Visit, s accounts.Session) {
	http.SetCookie(v.Response, c.Cookie(SessionCookie, s.Token, s.Expires))
}

// Cookie makes a cookie that no script can read and that no other site's page sends along.
func (c *Console) Cookie(name, value string, expires time.Time) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // it is Secure wherever browsers come by HTTPS; plain HTTP is for this machine
		Name: name, Value: value, Path: "/", Expires: expires,
		HttpOnly: true, Secure: c.SecureCookies, SameSite: http.SameSiteStrictMode,
	}
}

func (c *Console) logout(v *Visit) error {
	cookie, err := v.Request.Cookie(SessionCookie)
	if err != nil {
		return err
	}
	if err := c.Accounts.Logout(v.ctx(), cookie.Value); err != nil {
		return err
	}
	http.SetCookie(v.Response, c.Cookie(SessionCookie, "", time.Unix(0, 0)))
	return v.goTo("/login", "logged_out")
}

// setupForm is what the page of that name shows.
type setupForm struct{ Code, Login, Name string }

func (c *Console) askSetup(v *Visit) error {
	none, err := c.Accounts.Vacant(v.ctx())
	if err != nil {
		return err
	}
	if !none {
		return v.goTo("/login", "")
	}
	return v.page("setup", setupForm{})
}

// setUp makes the first administrator, and logs them in.
func (c *Console) setUp(v *Visit) error {
	in := setupForm{v.form("code"), v.form("login"), v.form("name")}
	password, err := v.newPassword()
	if err == nil {
		_, err = c.Accounts.SetUp(v.ctx(), in.Code, accounts.NewUser{Login: in.Login, Name: in.Name, Password: password})
	}
	if err != nil {
		return v.again(err, "setup", in)
	}
	s, err := c.Accounts.Login(v.ctx(), in.Login, password)
	if err != nil {
		return err
	}
	c.remember(v, s)
	return v.goTo("/settings", "set_up") // it lists what the office needs next
}

// chooseLanguage keeps in which language somebody reads, for a year.
func (c *Console) chooseLanguage(v *Visit) error {
	chosen := c.shown().catalogue.Match(v.form("language")).Tag()
	http.SetCookie(v.Response, c.Cookie(languageCookie, chosen, c.Now().AddDate(1, 0, 0)))
	return v.goTo(within(v.form("next"), "/"), "")
}
