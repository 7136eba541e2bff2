"""llm_tls.py BACKEND_PORT FOLDER: TLS with ALPN (h2, http/1.1) in front of llm_delay; prints its port.

A self-signed certificate is made in FOLDER with the openssl command. Bytes pass both ways unchanged, so that what the client negotiated is
what the backend sees."""
import asyncio
import ssl
import subprocess
import sys


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{folder}/key.pem",
                    "-out", f"{folder}/cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)


async def relay(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def main(backend, folder):
    certificate(folder)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    tls.set_alpn_protocols(["h2", "http/1.1"])

    async def connected(reader, writer):
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", backend)
        await asyncio.gather(relay(reader, back_writer), relay(back_reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
