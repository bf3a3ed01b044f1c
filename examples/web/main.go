// Web serves the files of a directory. It is the application of the tarball in examples/vendor.
// It knows nothing of who guards it.
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
	"os/signal"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	address := flag.String("listen", "localhost:8080", "the address, or the path of a Unix socket")
	files := flag.String("files", ".", "the directory")
	flag.Parse()
	if err := serve(*address, *files); err != nil {
		log.Fatal("web: ", err)
	}
}

func serve(address, files string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	network := "tcp"
	if address[0] == '/' {
		network = "unix"
		if err := os.Remove(address); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	pages := http.FileServer(http.Dir(files))
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			log.Printf("%s %s", r.Method, r.URL.Path)
			pages.ServeHTTP(w, r)
		}),
	}
	fmt.Printf("serving %s on %s\n", files, listener.Addr())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}
