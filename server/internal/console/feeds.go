package console

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// feedRoutes are those to look after what is read from outside.
func (c *Console) feedRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/settings/feeds", Access: Administrator, Handle: c.feeds},
		{Method: http.MethodPost, Path: "/settings/feeds", Access: Administrator, Handle: c.addFeed},
		{Method: http.MethodPost, Path: "/settings/feeds/:id/revoke", Access: Administrator, Handle: c.revokeFeed},
		{Method: http.MethodPost, Path: "/settings/webhooks", Access: Administrator, Handle: c.addWebhook},
		{Method: http.MethodGet, Path: "/settings/webhooks/:id", Access: Administrator, Handle: c.webhook},
		{Method: http.MethodPost, Path: "/settings/webhooks/:id/resume", Access: Administrator, Handle: c.resumeWebhook},
		{Method: http.MethodPost, Path: "/settings/webhooks/:id/end", Access: Administrator, Handle: c.endWebhook},
	}
}

// feedLives are for how many days a token can be made.
func feedLives() []int { return []int{30, 90, 365, 730} }

// feedsPage is what the page of that name shows.
type feedsPage struct {
	Tokens   []store.FeedToken
	Webhooks []store.Webhook
	Address  string
	// Collections are all that can be read, Lives for how many days; Choices are the areas.
	Collections, Kinds []string
	Lives              []int
	Choices            []areaChoice
	// New and Hook are what the forms hold.
	New  accounts.NewFeedToken
	Days int
	Hook store.Webhook
	// Made is a token or a secret that was made just now, "" if none was: nobody can see it again.
	Made, MadeFor string
}

// Reads reports whether the form has a collection ticked.
func (p feedsPage) Reads(collection string) bool {
	return slices.Contains(p.New.Collections, collection)
}

// Now is when a token would end that ends now; the page tells by it which do work.
func (v *Visit) Now() int64 { return v.console.Now().UnixMilli() }

func (c *Console) feedsPage(v *Visit) (page feedsPage, err error) {
	page = feedsPage{Address: c.address(v), Lives: feedLives(), Days: 365, Kinds: []string{accounts.RecordChanged, accounts.ReviewOpened}}
	for _, collection := range syncproto.Collections() {
		page.Collections = append(page.Collections, collection.Name)
	}
	if page.Tokens, err = c.Accounts.FeedTokens(v.ctx()); err != nil {
		return page, err
	}
	if page.Webhooks, err = c.Accounts.Webhooks(v.ctx()); err != nil {
		return page, err
	}
	page.Choices, err = v.areaChoices(nil)
	return page, err
}

func (c *Console) feeds(v *Visit) error {
	page, err := c.feedsPage(v)
	if err != nil {
		return err
	}
	return v.page("feeds/feeds", page)
}

// addFeed makes a token, and shows it once.
func (c *Console) addFeed(v *Visit) error {
	page, err := c.feedsPage(v)
	if err != nil {
		return err
	}
	page.New = accounts.NewFeedToken{Name: v.form("name"), Collections: v.Request.PostForm["collection"], Personal: v.form("personal") != ""}
	if area := v.form("area"); area != "" {
		if page.New.Area, err = readID(area); err != nil {
			return err
		}
	}
	if page.Days, err = strconv.Atoi(v.form("days")); err != nil || !slices.Contains(feedLives(), page.Days) {
		return syncproto.Refuse(syncproto.CodeInvalid, "For how long the token works has to be chosen from the list. Nothing was changed.")
	}
	page.New.Expires = c.Now().AddDate(0, 0, page.Days).UnixMilli()
	made, token, err := c.Accounts.AddFeedToken(v.ctx(), v.User().ID, page.New)
	if err != nil {
		return v.again(err, "feeds/feeds", page)
	}
	return c.showMade(v, token, made.Name)
}

// showMade shows what was made just now, which nobody can see again.
func (c *Console) showMade(v *Visit, secret, name string) error {
	page, err := c.feedsPage(v)
	if err != nil {
		return err
	}
	page.Made, page.MadeFor = secret, name
	return v.page("feeds/feeds", page)
}

func (c *Console) revokeFeed(v *Visit) error {
	return c.about(v, "/settings/feeds", "feed_revoked", func(id uuid.UUID) error {
		return c.Accounts.RevokeFeedToken(v.ctx(), v.User().ID, id)
	})
}

// about does something to what the path names, and says on another page what was done.
func (c *Console) about(v *Visit, page, said string, do func(id uuid.UUID) error) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if err := do(id); err != nil {
		return err
	}
	return v.goTo(page, said)
}

// addWebhook has an address be told of what happens, and shows its secret once.
func (c *Console) addWebhook(v *Visit) error {
	page, err := c.feedsPage(v)
	if err != nil {
		return err
	}
	page.Hook = store.Webhook{URL: v.form("url"), Kind: v.form("kind")}
	made, err := c.Accounts.AddWebhook(v.ctx(), v.User().ID, page.Hook.URL, page.Hook.Kind)
	if err != nil {
		return v.again(err, "feeds/feeds", page)
	}
	return c.showMade(v, made.Secret, made.URL)
}

// webhookPage is what the page of that name shows.
type webhookPage struct {
	store.Webhook
	Deliveries []store.Delivery
}

func (c *Console) webhook(v *Visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	all, err := c.Accounts.Webhooks(v.ctx())
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(w store.Webhook) bool { return w.ID == id })
	if at < 0 {
		return syncproto.Refuse(syncproto.CodeNotFound, "There is no webhook of that id.")
	}
	page := webhookPage{Webhook: all[at]}
	if page.Deliveries, err = c.Accounts.Deliveries(v.ctx(), id); err != nil {
		return err
	}
	return v.page("feeds/webhook", page)
}

func (c *Console) resumeWebhook(v *Visit) error {
	return c.about(v, "/settings/webhooks/"+v.Request.PathValue("id"), "webhook_resumed", func(id uuid.UUID) error {
		return c.Accounts.ResumeWebhook(v.ctx(), v.User().ID, id)
	})
}

func (c *Console) endWebhook(v *Visit) error {
	return c.about(v, "/settings/feeds", "webhook_ended", func(id uuid.UUID) error {
		return c.Accounts.EndWebhook(v.ctx(), v.User().ID, id)
	})
}
