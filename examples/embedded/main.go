// Embedded is a web server that is its own guardian:
//
//	go build -o web ./examples/embedded
//	./web start -- -listen localhost:8080
//	./web status
//
// It greets with the text of a file, which "./web reload" has it read again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"holdfast/watchdog"
)

func main() {
	watchdog.Main(watchdog.Service{
		Name:        "web",
		Description: "A web server that guards itself",
		Settings:    []string{"Type=notify-reload", "Restart=on-failure", "RestartPreventExitStatus=2", "WatchdogSec=30", "TimeoutStopSec=20"},
	}, serve)
}

// serve runs in the business's process; its arguments are those after "--".
func serve(ctx context.Context) error {
	log.SetFlags(0)
	address := flag.String("listen", "localhost:8080", "the address")
	file := flag.String("greeting", "", "a file with the greeting")
	flag.Parse() // a wrong flag exits with 2, which is not restarted

	var greeting atomic.Pointer[string]
	load := func() error {
		text := "Hello!"
		if *file != "" {
			content, err := os.ReadFile(*file)
			if err != nil {
				return err
			}
			text = strings.TrimSpace(string(content))
		}
		greeting.Store(&text)
		return nil
	}
	if err := load(); err != nil {
		return err
	}
	watchdog.OnReload(ctx, load)

	var requests atomic.Int64
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			log.Print(r.Method, " ", r.URL.Path)
			fmt.Fprintf(w, "%s (request %d, PID %d)\n", *greeting.Load(), requests.Add(1), os.Getpid())
		}),
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	watchdog.Ready(ctx) // the socket listens: "start" may return
	log.Print("listening on ", listener.Addr())

	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		watchdog.Alive(ctx)
		watchdog.Status(ctx, fmt.Sprintf("%d requests", requests.Load()))
		select {
		case <-tick.C:
		case err := <-ended:
			return err
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
			defer cancel()
			if err := server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			return server.Close() // whoever still talks has had the time to end
		}
	}
}
