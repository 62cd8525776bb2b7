// Container health check: exit 0 when the URL given answers with 2xx within 4 s. The image has no
// curl. Used by infra/compose.yaml.
const url = process.argv[2] ?? 'http://127.0.0.1:8080/healthz';
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4000) });
  process.exit(response.ok ? 0 : 1);
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
