package server

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/channel/enginetest"
)

// articleWire is what went to a peer, with what differs from run to run masked.
func articleWire(all []enginetest.Exchange, mask ...string) string {
	var b strings.Builder
	for _, x := range all {
		b.WriteString("--- ours\n" + maskEIDs(x.Masked(mask...)) + "\n")
	}
	return b.String()
}

// The article's dance, begun by the event system:subscribe of the cloud itself, as its example has it.
func TestCHAN3_ArticleOnTheWireWeAsk(t *testing.T) {
	k, them := newSite(t, cloudApp()), newRecorder(t)
	k.want("alice", "cloud/alice/home/Raise", args("system", "subscribe", map[string]any{
		"channelName": "userProfile", "namespace": "myConnections", "relationship": "peer-peer", "targetChannel": them.URL + "/sky/event/THEIR-DOORBELL-0123456789",
	}), "null")
	x := them.await(t, 1, k.kit)[0]
	var said struct{ ID, ChannelName, Namespace, Relationship, ECI, Host string }
	if err := json.Unmarshal([]byte(x.Body), &said); err != nil {
		t.Fatal(err)
	}
	if said.Host != k.url || said.ChannelName != "userProfile" || said.Namespace != "myConnections" || said.Relationship != "peer-peer" || said.ECI == "" {
		t.Fatalf("%+v", said)
	}
	mask := []string{said.ECI, "OUR-CHANNEL", said.ID, "ID", them.URL, "http://their.example", k.url, "http://our.example", strings.TrimPrefix(k.url, "http://"), "our.example"}
	if status, body := k.event("POST", "/sky/event/"+said.ECI+"/none/profile/updated", "", ""); status != 403 {
		t.Error("the back channel takes more than the confirm:", status, body)
	}
	if status, body := k.event("POST", "/sky/event/"+said.ECI+"/none/system/confirmSubscription", "application/json", args2(map[string]string{"id": said.ID, "eci": "THEIR-CHANNEL"})); status != 200 {
		t.Fatal(status, body)
	}
	if s := state(k.kit, "alice", said.ID); s != "established" {
		t.Fatal(s)
	}
	k.want("alice", "cloud/alice/home/RaiseOn", args(said.ID, "profile", "updated", map[string]any{"phone": "555"}), "null")
	them.await(t, 2, k.kit)
	k.want("alice", "cloud/alice/home/End", args(said.ID), "null")
	golden(t, "article-we-ask.txt", articleWire(them.await(t, 3, k.kit), mask...))
}

func TestCHAN3_ArticleOnTheWireTheyAsk(t *testing.T) {
	for _, answer := range []string{"approve", "refuse"} {
		t.Run(answer, func(t *testing.T) {
			k, them := newSite(t, cloudApp()), newRecorder(t)
			bell := ask[Channel](k.kit, "bob", "cloud/bob/home/Bell", `[]`)
			if status, body := k.event("POST", "/sky/event/"+bell.ECI+"/none/system/requestSubscription", "application/x-www-form-urlencoded",
				"id=abc&channelName=userProfile&namespace=myConnections&relationship=peer-peer&eci=THEIR-BACK-CHANNEL&host="+them.URL+"/"); status != 200 {
				t.Fatal(status, body)
			}
			mask := []string{bell.ECI, "OUR-DOORBELL", them.URL, "http://their.example", k.url, "http://our.example"}
			if answer == "refuse" {
				k.want("bob", "cloud/bob/home/No", `["abc","Not now."]`, "null")
				golden(t, "article-we-refuse.txt", articleWire(them.await(t, 1, k.kit), mask...))
				return
			}
			k.want("bob", "cloud/bob/home/Yes", args("abc", Attenuation{Events: []Pattern{{"profile", "*"}}}), "null")
			x := them.await(t, 1, k.kit)[0]
			until(t, "established", func() bool { return state(k.kit, "bob", "abc") == "established" }, k.kit)
			var said struct{ ID, ECI string }
			if err := json.Unmarshal([]byte(x.Body), &said); err != nil || said.ID != "abc" {
				t.Fatal(x.Body)
			}
			if status, body := k.event("POST", "/sky/event/"+said.ECI+"/none/profile/updated?n=1", "", ""); status != 200 {
				t.Error(status, body)
			}
			k.want("bob", "cloud/bob/home/End", `["abc"]`, "null")
			golden(t, "article-we-approve.txt", articleWire(them.await(t, 2, k.kit), append(mask, said.ECI, "OUR-CHANNEL")...))
		})
	}
}

func args2(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
