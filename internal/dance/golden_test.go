package dance

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/sky"
)

// samples are one message of each kind and generation, and requests with all that is ours.
func samples() map[string]Message {
	all := map[string]Message{}
	add := func(m Message, variant string) { all[fmt.Sprintf("%v-%v%s", m.Gen, m.Kind, variant)] = m }
	for _, gen := range []Gen{Article, Wrangler} {
		request := Message{
			Kind: Request, Gen: gen, ID: "6f1c2e4a-9b1d-4f6e-8a57-0d6d2c3b1a90",
			Name: "userProfile", Namespace: "myConnections", Relationship: "peer-peer", RxRole: "peer", TxRole: "peer",
			ChannelName: "userProfile", ChannelType: "subscription",
			ECI: "alices-back-channel", Host: "https://alice.example",
		}
		add(request, "")
		request.Relationship, request.TxRole, request.RxRole = "friends-of-old", "guest", "host"
		request.From, request.Why, request.Secret, request.Vouch = "personalcloud:alice/home@alice.example", "We met on the train.", "one-time", "e30.e30.c2ln"
		add(request, "-full")
		add(Message{Kind: Confirm, Gen: gen, ID: request.ID, ECI: "bobs-new-channel"}, "")
		add(Message{Kind: Refuse, Gen: gen, ID: request.ID}, "")
		add(Message{Kind: Refuse, Gen: gen, ID: request.ID, Reason: "I do not know you."}, "-full")
		add(Message{Kind: Withdraw, Gen: gen, ID: request.ID, ECI: "alices-back-channel"}, "")
		add(Message{Kind: Remove, Gen: gen, ID: request.ID, ECI: "alices-back-channel", Peer: "bobs-new-channel"}, "")
	}
	return all
}

// Each message is held to its event on the wire: changing one cuts us off from clouds that speak it.
func TestGoldenMessages(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			domain, typ, a := m.Event()
			event, err := json.MarshalIndent(map[string]any{"domain": domain, "type": typ, "attributes": json.RawMessage(a.JSON())}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/"+name+".json", string(event)+"\n")
			got, is, flaw := Parse(domain, typ, a)
			if !is || flaw != nil || got != carried(m) {
				t.Errorf("it came back as %+v, %v, %v", got, is, flaw)
			}
		})
	}
}

// carried is what of a message arrives: a Remove proves itself by its channel.
func carried(m Message) Message {
	if m.Kind == Remove {
		m.ECI, m.Peer = "", ""
	}
	return m
}

func attributes(t testing.TB, body string) sky.Attributes {
	t.Helper()
	a, err := sky.ReadAttributes("", "application/json", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What engines send, with all that they send along: headers, nulls, keys, and what they were sent themselves.
func TestEnginesMessagesAreUnderstood(t *testing.T) {
	const reflected = `"_headers":{"host":"engine.example"},"wellKnown_Tx":"bobs-doorbell","bus":{"Id":"other","Tx":"x"},"verify_key":null,"Tx_public_key":"k","password":null`
	for _, c := range []struct {
		event, body string
		want        Message
	}{
		{"wrangler:new_subscription_request",
			`{"Id":"i1","Tx":"back","Tx_host":"http://engine.example:8080","Rx_role":"student","Tx_role":"teacher","name":"class","channel_name":"class","channel_type":"Tx_Rx","Rx":"back",` + reflected + `}`,
			Message{Kind: Request, Gen: Wrangler, ID: "i1", ECI: "back", Host: "http://engine.example:8080", RxRole: "student", TxRole: "teacher",
				Relationship: "teacher-student", Name: "class", ChannelName: "class", ChannelType: "Tx_Rx"}},
		{"wrangler:new_subscription_request", // 0.48 without roles, a name or a host, and with a careless one
			`{"Id":"i1","Tx":"back","Tx_host":"HTTP://Engine.example:8080//","Rx_role":null,"Tx_role":null,"name":null}`,
			Message{Kind: Request, Gen: Wrangler, ID: "i1", ECI: "back", Host: "http://engine.example:8080", RxRole: "peer", TxRole: "peer",
				Relationship: "peer-peer", Name: "subscription", ChannelName: "subscription", ChannelType: "subscription"}},
		{"wrangler:outbound_pending_subscription_approved", // the request comes back with the approval, our own host as the other's
			`{"Id":"i1","Tx":"new","Tx_host":"https://our.example","Rx":"new","Rx_role":"a","Tx_role":"b","name":"class","why":"…",` + reflected + `}`,
			Message{Kind: Confirm, Gen: Wrangler, ID: "i1", ECI: "new"}},
		{"wrangler:outbound_removal", `{"Id":"i1","Tx":"back",` + reflected + `}`, Message{Kind: Refuse, Gen: Wrangler, ID: "i1"}},
		{"wrangler:inbound_removal", `{"Id":"i1","Tx":"back",` + reflected + `}`, Message{Kind: Withdraw, Gen: Wrangler, ID: "i1", ECI: "back"}},
		{"wrangler:established_removal", `{"Id":"i1","Rx":"new","Tx":"back",` + reflected + `}`, Message{Kind: Remove, Gen: Wrangler, ID: "i1"}},
		{"system:requestSubscription", `{"id":7,"eci":"back","relationship":"friend","channelName":"c","host":""}`, // a number is a text, an empty host ours
			Message{Kind: Request, Gen: Article, ID: "7", ECI: "back", Relationship: "friend", Name: "c", ChannelName: "c", ChannelType: "subscription"}},
	} {
		domain, typ, _ := strings.Cut(c.event, ":")
		got, is, flaw := Parse(domain, typ, attributes(t, c.body))
		if !is || flaw != nil || got != c.want {
			t.Errorf("%s %s\n got %+v %v\nwant %+v", c.event, c.body, got, flaw, c.want)
		}
	}
}

func TestOtherEventsAreNotTheDances(t *testing.T) {
	for _, event := range []string{
		"system:subscribe", "wrangler:subscription", "system:", ":", "wrangler:requestSubscription", "system:inbound_removal",
		"System:requestSubscription", "wrangler:pending_subscription_approval", "profile:updated",
	} {
		domain, typ, _ := strings.Cut(event, ":")
		if m, is, flaw := Parse(domain, typ, sky.Attributes{}); is || flaw != nil || m != (Message{}) {
			t.Errorf("%s is %+v, %v", event, m, flaw)
		}
	}
}

func TestFlawsAreTold(t *testing.T) {
	long := strings.Repeat("x", MaxLong+1)
	for _, c := range []struct{ event, body, wants string }{
		{"system:requestSubscription", `{"eci":"e"}`, "id"},
		{"system:requestSubscription", `{"id":null,"eci":"e"}`, "id"},
		{"system:requestSubscription", `{"id":{"a":1},"eci":"e"}`, "id"},
		{"system:requestSubscription", `{"id":"i"}`, "eci"},
		{"system:requestSubscription", `{"id":"a b","eci":"e"}`, "id"},
		{"system:requestSubscription", `{"id":"` + long[:MaxID+1] + `","eci":"e"}`, "id"},
		{"system:requestSubscription", `{"id":"i","eci":"a/b"}`, "eci"},
		{"system:requestSubscription", `{"id":"i","eci":".."}`, "eci"},
		{"system:requestSubscription", `{"id":"i","eci":"e","host":"ftp://h"}`, "host"},
		{"system:requestSubscription", `{"id":"i","eci":"e","host":"https://h?x="}`, "host"},
		{"system:requestSubscription", `{"id":"i","eci":"e","host":"https://u@h"}`, "host"},
		{"system:requestSubscription", `{"id":"i","eci":"e","host":"https://h/c/x"}`, "host"},
		{"system:requestSubscription", `{"id":"i","eci":"e","why":"` + long + `"}`, "why"},
		{"wrangler:new_subscription_request", `{"Id":"i","eci":"e"}`, "Tx"},
		{"wrangler:new_subscription_request", `{"id":"i","Tx":"e"}`, "Id"},
		{"system:confirmSubscription", `{"id":"i"}`, "eci"},
		{"wrangler:outbound_pending_subscription_approved", `{"Tx":"e"}`, "Id"},
		{"system:withdrawSubscription", `{"id":"i"}`, "eci"},
		{"wrangler:inbound_removal", `{"Id":"i"}`, "Tx"},
		{"system:endSubscription", `{}`, "id"},
		{"wrangler:outbound_removal", `{}`, "Id"},
	} {
		domain, typ, _ := strings.Cut(c.event, ":")
		m, is, flaw := Parse(domain, typ, attributes(t, c.body))
		if !is || flaw == nil || m != (Message{}) || !strings.HasPrefix(flaw.Message, "The attribute "+c.wants+" of "+c.event+" ") {
			t.Errorf("%s %.80s: %+v, %v", c.event, c.body, m, flaw)
		}
	}
}

func TestLongReasonsAreShortened(t *testing.T) {
	_, _, a := Message{Kind: Refuse, Gen: Article, ID: "i", Reason: strings.Repeat("é", MaxText)}.Event()
	m, _, flaw := Parse("system", "refuseSubscription", a)
	if want := strings.Repeat("é", MaxText/2); flaw != nil || m.Reason != want {
		t.Errorf("%d bytes, %v", len(m.Reason), flaw)
	}
}

func TestHostsHaveNoSlashAtTheEnd(t *testing.T) {
	for host, want := range map[string]string{"https://h.example//": "https://h.example", "http://h:1/base/": "http://h:1/base", "": ""} {
		for gen, name := range map[Gen]string{Article: "host", Wrangler: "Tx_host"} {
			_, _, a := Message{Kind: Request, Gen: gen, ID: "i", ECI: "e", Host: host}.Event()
			if got := a.Text(name); got != want {
				t.Errorf("%q became %q", host, got)
			}
			if _, there := a[name]; there != (want != "") {
				t.Errorf("%q: the attribute is there: %v", host, there)
			}
		}
	}
}

func TestRelationshipsAndRolesTellEachOther(t *testing.T) {
	for _, c := range []struct{ relationship, asker, asked, wantRelationship, wantAsker, wantAsked string }{
		{"", "", "", "peer-peer", "peer", "peer"},
		{"doctor-patient", "", "", "doctor-patient", "doctor", "patient"},
		{"", "doctor", "patient", "doctor-patient", "doctor", "patient"},
		{"", "doctor", "", "doctor-peer", "doctor", "peer"},
		{"doctor-patient", "surgeon", "", "doctor-patient", "surgeon", "patient"},
		{"friends", "", "", "friends", "", ""},
		{"a-b-c", "", "", "a-b-c", "", ""},
		{"-b", "", "", "-b", "", ""},
	} {
		relationship, asker, asked := kinship(c.relationship, c.asker, c.asked)
		if relationship != c.wantRelationship || asker != c.wantAsker || asked != c.wantAsked {
			t.Errorf("%+v: %q %q %q", c, relationship, asker, asked)
		}
		for gen := Article; gen <= Wrangler; gen++ { // and they survive the way
			m := Message{Kind: Request, Gen: gen, ID: "i", ECI: "e", Relationship: c.relationship, TxRole: c.asker, RxRole: c.asked}.complete()
			if got := overTheWire(t, m); got != m {
				t.Errorf("%v: %+v became %+v", gen, m, got)
			}
		}
	}
}

func TestStarts(t *testing.T) {
	for _, c := range []struct {
		event, body string
		want        Ask
	}{
		{"system:subscribe", `{"channelName":"userProfile","namespace":"myConnections","relationship":"peer-peer","targetChannel":"bell","_x":1}`,
			Ask{Gen: Article, Name: "userProfile", Namespace: "myConnections", Relationship: "peer-peer", Doorbell: "bell"}},
		{"cloudos:subscribe", `{"targetChannel":"https://b.example/sky/event/bell","why":"hello","invitation":"s"}`,
			Ask{Gen: Article, Doorbell: "https://b.example/sky/event/bell", Why: "hello", Secret: "s"}},
		{"wrangler:subscription", `{"wellKnown_Tx":"bell","Tx_host":"http://h:8080/","Rx_role":"mine","Tx_role":"theirs","name":"n","channel_type":"t","channel_name":"c"}`,
			Ask{Gen: Wrangler, Doorbell: "bell", Host: "http://h:8080", RxRole: "mine", TxRole: "theirs", Name: "n", ChannelType: "t", ChannelName: "c"}},
	} {
		domain, typ, _ := strings.Cut(c.event, ":")
		got, is, flaw := ParseStart(domain, typ, attributes(t, c.body))
		if !is || flaw != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, %v", c.event, got, is, flaw)
		}
		if _, is, flaw := ParseStart(domain, typ, sky.Attributes{}); !is || flaw == nil {
			t.Errorf("%s without a target: %v, %v", c.event, is, flaw)
		}
		if _, is, _ := Parse(domain, typ, attributes(t, c.body)); is {
			t.Errorf("%s is one of the dance's messages", c.event)
		}
	}
}
