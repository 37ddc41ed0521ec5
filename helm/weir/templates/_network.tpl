{{/* Addresses of the providers and of the issuer of tokens, from the settings, as a list. Those that only the environment knows are left out. */}}
{{- define "weir.remoteAddresses" -}}
{{- $standard := .Files.Get "files/endpoints.json" | fromJson -}}
{{- $addresses := list -}}
{{- range .Values.config.accounts -}}
{{- $endpoints := merge (dict) (default (dict) .endpoints) (default (dict) (index $standard .provider)) -}}
{{- range $endpoints -}}{{- $addresses = append $addresses . -}}{{- end -}}
{{- end -}}
{{- with (default (dict) .Values.config.access).jwt -}}{{- $addresses = append $addresses .jwksUrl -}}{{- end -}}
{{- range $addresses | uniq -}}
{{- if not (contains "${" .) }}
- {{ . | quote }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether some of those addresses cannot be seen from here. */}}
{{- define "weir.hidesAddresses" -}}
{{- $hidden := ne .Values.existingConfigSecret "" -}}
{{- $jwt := default (dict) (default (dict) .Values.config.access).jwt -}}
{{- range .Values.config.accounts -}}
{{- if contains "${" (toJson (default (dict) .endpoints)) -}}{{- $hidden = true -}}{{- end -}}
{{- end -}}
{{- if or $hidden (contains "${" (default "" $jwt.jwksUrl)) -}}true{{- end -}}
{{- end -}}

{{/* The port of an address, from itself or its scheme. */}}
{{- define "weir.portOf" -}}
{{- $url := urlParse . -}}
{{- $written := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- default (ternary 80 443 (eq $url.scheme "http")) $written | int -}}
{{- end -}}

{{/* Ports where the providers (and the issuer of tokens) listen, as a list. */}}
{{- define "weir.remotePorts" -}}
{{- $ports := .Values.networkPolicy.providers.ports -}}
{{- if not $ports -}}
{{- range include "weir.remoteAddresses" . | fromYamlArray -}}
{{- $ports = append $ports (include "weir.portOf" . | int) -}}
{{- end -}}
{{- if include "weir.hidesAddresses" . -}}{{- $ports = concat $ports (list 80 443) -}}{{- end -}}
{{- end -}}
{{- range $ports | uniq }}
- {{ . }}
{{- end -}}
{{- end -}}

{{/* Whether a variable may come out of a Secret that the chart cannot see into. */}}
{{- define "weir.hidesVariable" -}}
{{- $values := index . 0 -}}
{{- $isNamed := and $values.externalSecret.enabled (hasKey $values.externalSecret.data (index . 1)) -}}
{{- if or $values.existingConfigSecret $values.environmentFromSecrets $isNamed -}}true{{- end -}}
{{- end -}}

{{/* Ports of the Redis of one's own, as a list: those in its address, and the usual ones where it names none or is hidden. */}}
{{- define "weir.redisPorts" -}}
{{- $ports := .Values.networkPolicy.redis.ports -}}
{{- if not $ports -}}
{{- $url := (default (dict) .Values.config.redis).url | default "" -}}
{{- $hosts := regexReplaceAll "^[^:]*://" $url "" | regexFind "^[^/?#]*" | regexFind "[^@]*$" -}}
{{- if or .Values.existingConfigSecret (contains "${" $hosts) (hasPrefix "${" $url) -}}
{{- $ports = list 6379 26379 -}}
{{- else if $url -}}
{{- range splitList "," $hosts -}}
{{- $written := regexFind ":[0-9]+$" . | trimPrefix ":" -}}
{{- $ports = append $ports (default (ternary 26379 6379 (contains "+sentinel" $url)) $written | int) -}}
{{- end -}}
{{- /* Sentinels name the server, which listens at a port of its own. */ -}}
{{- if contains "+sentinel" $url -}}{{- $ports = append $ports 6379 -}}{{- end -}}
{{- else if include "weir.hidesVariable" (list .Values "REDIS_URL") -}}
{{- $ports = list 6379 26379 -}}
{{- end -}}
{{- end -}}
{{- range $ports | uniq }}
- {{ . }}
{{- end -}}
{{- end -}}

{{/* The port of the collector of traces, the usual one where it is hidden; nothing without one. */}}
{{- define "weir.tracingPort" -}}
{{- $endpoint := default (default (dict) .Values.config.tracing).endpoint (index .Values.environment "OTEL_EXPORTER_OTLP_ENDPOINT") -}}
{{- if and $endpoint (not (contains "${" $endpoint)) -}}{{- include "weir.portOf" $endpoint -}}
{{- else if or $endpoint (include "weir.hidesVariable" (list .Values "OTEL_EXPORTER_OTLP_ENDPOINT")) -}}4318
{{- end -}}
{{- end -}}

{{/* A rule: its peers, of which none are everybody, and its ports. */}}
{{- define "weir.egressRule" -}}
- ports:
    {{- range index . 1 }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
  {{- with index . 0 }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
