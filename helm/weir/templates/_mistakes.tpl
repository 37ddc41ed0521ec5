{{/* Mistakes that no schema can tell, said before anything is installed instead of by a pod that does not start. */}}
{{- define "weir.refuseMistakes" -}}
{{- include "weir.refuseSettings" . -}}
{{- include "weir.refuseReplicas" . -}}
{{- include "weir.refuseExchange" . -}}
{{- include "weir.refuseRoutes" . -}}
{{- include "weir.refuseMonitoring" . -}}
{{- include "weir.refuseSecrets" . -}}
{{- end -}}

{{- define "weir.refuseSettings" -}}
{{- $access := default (dict) .Values.config.access -}}
{{- if and .Values.existingConfigSecret .Values.config -}}
{{- fail "set either config or existingConfigSecret, not both" -}}
{{- end -}}
{{- if .Values.config -}}
{{- if not .Values.config.accounts -}}
{{- fail "config.accounts is empty: name at least one account, or set existingConfigSecret" -}}
{{- end -}}
{{- if not (or $access.keys $access.jwt (eq (default "" $access.mode) "open")) -}}
{{- fail "config.access names no keys: list them, or an issuer of tokens (jwt), or write out mode: open to let anybody ask" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "weir.refuseReplicas" -}}
{{- $most := int (include "weir.mostReplicas" .) -}}
{{- $maxReplicas := int (include "weir.maxReplicas" .) -}}
{{- $name := ternary "autoscaling.maxReplicas" "replicaCount" .Values.autoscaling.enabled -}}
{{- $redis := default (dict) .Values.config.redis -}}
{{- if .Values.redis.enabled -}}
{{- if not .Values.config -}}
{{- fail "redis.enabled needs config: the chart writes the address of the Redis into it" -}}
{{- end -}}
{{- if $redis.url -}}
{{- fail "set either redis.enabled or config.redis.url, not both" -}}
{{- end -}}
{{- else if and $redis (not $redis.url) -}}
{{- fail "config.redis names no url: give the address of a Redis of yours, or set redis.enabled for a small one" -}}
{{- end -}}
{{- if .Values.autoscaling.enabled -}}
{{- if not (include "weir.isShared" .) -}}
{{- fail "autoscaling needs config.redis, which the chart has to see: the replicas share quotas and duties through it" -}}
{{- end -}}
{{- if not $maxReplicas -}}
{{- fail "autoscaling needs config.redis.maxReplicas as a number: the chart holds autoscaling.maxReplicas to it" -}}
{{- end -}}
{{- if gt (int .Values.autoscaling.minReplicas) $most -}}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas" -}}
{{- end -}}
{{- if not (or .Values.autoscaling.cpu.enabled .Values.autoscaling.eventLoopDelay.enabled) -}}
{{- fail "autoscaling has nothing to go by: enable autoscaling.cpu or autoscaling.eventLoopDelay" -}}
{{- end -}}
{{- if and .Values.autoscaling.cpu.enabled (not (default (dict) .Values.resources.requests).cpu) -}}
{{- fail "autoscaling.cpu needs resources.requests.cpu: what is used is compared with it" -}}
{{- end -}}
{{- else if and (gt $most 1) (not .Values.existingConfigSecret) (not (include "weir.isShared" .)) -}}
{{- fail "replicaCount above 1 needs config.redis: the replicas share quotas and duties through it" -}}
{{- end -}}
{{- if and $maxReplicas (gt $most $maxReplicas) -}}
{{- fail (printf "%s %d is above config.redis.maxReplicas (%d): raise that, by two more for rolling updates" $name $most $maxReplicas) -}}
{{- end -}}
{{- if .Values.persistence.existingClaim -}}
{{- if not .Values.persistence.enabled -}}
{{- fail "persistence.existingClaim is set, and persistence.enabled is not" -}}
{{- end -}}
{{- if gt $most 1 -}}
{{- fail "persistence.existingClaim needs replicaCount 1: a data directory belongs to one process" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
persistence.enabled exchanges the kinds. Helm makes the new workload before it takes the old one away: the pods of both run
side by side, each with a quota of its own where they share none. Only a cluster knows of the old one: `helm template` does not.
*/}}
{{- define "weir.refuseExchange" -}}
{{- $kind := ternary "Deployment" "StatefulSet" .Values.persistence.enabled -}}
{{- $name := include "weir.fullname" . -}}
{{- with lookup "apps/v1" $kind .Release.Namespace $name -}}
{{- $running := max (int (default 0 .spec.replicas)) (int (default 0 (default (dict) .status).replicas)) -}}
{{- $both := add $running (int (include "weir.mostReplicas" $)) -}}
{{- if and (gt $running 0) (not (and (include "weir.isShared" $) (le (int $both) (int (include "weir.maxReplicas" $))))) -}}
{{- fail (printf "%s %s still has %d pods, and would run beside the %s that takes its place: kubectl --namespace %s scale --replicas=0 %s/%s, wait for the pods to end and for quota.windowSeconds, then upgrade" $kind $name $running (include "weir.workload" $) $.Release.Namespace (lower $kind) $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "weir.refuseRoutes" -}}
{{- if and .Values.ingress.enabled .Values.httpRoute.enabled -}}
{{- fail "set either ingress.enabled or httpRoute.enabled, not both" -}}
{{- end -}}
{{- if and (or .Values.ingress.enabled .Values.httpRoute.enabled) (include "weir.isSandbox" .) -}}
{{- fail "ingress and httpRoute need config or existingConfigSecret: without settings Weir runs over its sandbox and listens on loopback only" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.hosts is empty: name a host" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs is empty: name the Gateway that the route hangs on" -}}
{{- end -}}
{{- end -}}

{{- define "weir.refuseMonitoring" -}}
{{- $access := default (dict) .Values.config.access -}}
{{- if .Values.serviceMonitor.enabled -}}
{{- if include "weir.isSandbox" . -}}
{{- fail "serviceMonitor needs config or existingConfigSecret: without settings Weir listens on loopback only" -}}
{{- end -}}
{{- if not .Values.serviceMonitor.bearerKeySecret.name -}}
{{- fail "serviceMonitor.bearerKeySecret.name is empty: /metrics is for keys of role ops, name the Secret that holds one" -}}
{{- end -}}
{{- if and .Values.config (not $access.jwt) -}}
{{- $hasOps := false -}}
{{- range $access.keys -}}
{{- if or (eq (default "reader" .role) "ops") (contains "${" (default "" .role)) -}}{{- $hasOps = true -}}{{- end -}}
{{- end -}}
{{- if not $hasOps -}}
{{- fail "serviceMonitor needs a key of role ops in config.access.keys: /metrics is for those" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "weir.refuseSecrets" -}}
{{- if hasKey .Values.environment "REDIS_URL" -}}
{{- fail "environment.REDIS_URL is hidden from the chart, and a password does not belong here: set config.redis.url, with ${NAME} out of a Secret" -}}
{{- end -}}
{{- if .Values.externalSecret.enabled -}}
{{- if not .Values.externalSecret.store.name -}}
{{- fail "externalSecret.store.name is empty: name the SecretStore or ClusterSecretStore" -}}
{{- end -}}
{{- if not .Values.externalSecret.data -}}
{{- fail "externalSecret.data is empty: name at least one environment variable" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.redis.enabled (not .Values.redis.passwordSecret.name) -}}
{{- fail "redis.passwordSecret.name is empty: name the Secret that holds the password of the Redis" -}}
{{- end -}}
{{- if and .Values.networkPolicy.cilium.enabled (not .Values.networkPolicy.enabled) -}}
{{- fail "networkPolicy.cilium.enabled needs networkPolicy.enabled: the one adds the providers' host names to the other" -}}
{{- end -}}
{{- end -}}
