package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/names"
	"satchel/server"
)

// leave has two workers who do not know of each other give two families the same thing twice, and register three
// families that the other one has registered. All of it waits for a decision when the demo ends, and none of it is in
// the figures that were published: it happens in June 2020.
func (d *demo) leave(ctx context.Context) error {
	one, two := d.tablet("kraljevo-1"), d.tablet("kraljevo-2")
	for i, f := range one.families[4:6] {
		for j, t := range []*tablet{one, two} {
			if err := t.give(ctx, f, "FURNITURE", time.Date(2020, 6, 2+3*i+j, 10, 0, 0, 0, time.UTC)); err != nil {
				return err
			}
		}
	}
	for i, f := range one.families[6:9] {
		again, err := two.registerAgain(ctx, f, i)
		if err != nil {
			return err
		}
		d.again = append(d.again, again)
	}
	return nil
}

// give records that a family was given one of a type of assistance.
func (t *tablet) give(ctx context.Context, f family, code string, at time.Time) error {
	var form clientlib.Form
	form.Put(&clientlib.Delivery{
		Household: f.household.ID, Project: t.known.projects[t.shares[0].project], AssistanceType: t.known.types[code],
		Quantity: 1, DeliveredAt: at, Recipient: f.household.HeadName, Position: f.household.Position,
	})
	return t.store.Save(ctx, &form)
}

// registerAgain registers a family as a worker does who has not heard of it: in Cyrillic; with the names the other way
// round and no card; with a letter left out and the card typed without its hyphens.
func (t *tablet) registerAgain(ctx context.Context, f family, way int) (uuid.UUID, error) {
	was := f.household
	h := &clientlib.Household{
		CardNumber: was.CardNumber, HeadName: was.HeadName, Status: "idp", Area: was.Area, Phone: was.Phone,
		PlaceOfOrigin: was.PlaceOfOrigin, ConsentOn: "2020-06-09",
	}
	head := clientlib.Person{Name: was.HeadName, Sex: f.adults[0].Sex, Relation: "head", BirthYear: f.adults[0].BirthYear}
	switch way {
	case 0:
		h.HeadName, h.CardNumber = names.InCyrillic(was.HeadName), ""
	case 1:
		given, surname, _ := strings.Cut(was.HeadName, " ")
		h.HeadName, h.CardNumber = surname+" "+given, ""
	default:
		letters := []rune(was.HeadName)
		h.HeadName, h.CardNumber = string(letters[:len(letters)-1]), strings.ReplaceAll(was.CardNumber, "-", "")
	}
	head.Name = h.HeadName
	var form clientlib.Form
	form.Put(h)
	head.Household = h.ID
	form.Put(&head)
	return h.ID, t.store.Save(ctx, &form)
}

// printReviews lists the other matters that wait for a decision.
func (d *demo) printReviews(ctx context.Context) error {
	for _, kind := range []string{"over_delivery", "duplicate"} {
		open, _, err := d.server.Reviews.List(ctx, "open", 0, 100, server.ReviewFilter{Kind: kind})
		if err != nil {
			return err
		}
		fmt.Fprintf(d.out, "\nOpen reviews of kind %s: %d\n\n", kind, len(open))
		for _, r := range open {
			if err := d.printReview(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *demo) printReview(ctx context.Context, r server.Review) error {
	name, err := d.nameOf(ctx, r.Record)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s delivered, limit %s", r.Facts.Delivered, r.Facts.Limit)
	if r.Kind == "duplicate" {
		other, err := d.nameOf(ctx, *r.Subject)
		if err != nil {
			return err
		}
		what = fmt.Sprintf("may be the family of %s, %.0f bits", other, r.Facts.Score)
	}
	fmt.Fprintf(d.out, "  %s: %s\n", name, what)
	return nil
}
