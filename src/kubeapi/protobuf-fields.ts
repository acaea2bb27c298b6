// Made by test/kube/kubernetes/protobuf-fields from the Go types of k8s.io/api v0.34.4: run it again instead of editing this file.

/** The message of each kind: `apiVersion/kind message`. */
export const protobufKinds: string = `
admissionregistration.k8s.io/v1/MutatingWebhookConfiguration admissionregistration.MutatingWebhookConfiguration
admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration admissionregistration.ValidatingWebhookConfiguration
apps/v1/ControllerRevision apps.ControllerRevision
apps/v1/DaemonSet apps.DaemonSet
apps/v1/Deployment apps.Deployment
apps/v1/ReplicaSet apps.ReplicaSet
apps/v1/StatefulSet apps.StatefulSet
authentication.k8s.io/v1/SelfSubjectReview authentication.SelfSubjectReview
authentication.k8s.io/v1/TokenRequest authentication.TokenRequest
authorization.k8s.io/v1/SelfSubjectAccessReview authorization.SelfSubjectAccessReview
authorization.k8s.io/v1/SelfSubjectRulesReview authorization.SelfSubjectRulesReview
autoscaling/v1/Scale autoscaling.Scale
autoscaling/v2/HorizontalPodAutoscaler autoscaling.HorizontalPodAutoscaler
batch/v1/CronJob batch.CronJob
batch/v1/Job batch.Job
coordination.k8s.io/v1/Lease coordination.Lease
discovery.k8s.io/v1/EndpointSlice discovery.EndpointSlice
networking.k8s.io/v1/Ingress networking.Ingress
networking.k8s.io/v1/IngressClass networking.IngressClass
networking.k8s.io/v1/NetworkPolicy networking.NetworkPolicy
policy/v1/PodDisruptionBudget policy.PodDisruptionBudget
rbac.authorization.k8s.io/v1/ClusterRole rbac.ClusterRole
rbac.authorization.k8s.io/v1/ClusterRoleBinding rbac.ClusterRoleBinding
rbac.authorization.k8s.io/v1/Role rbac.Role
rbac.authorization.k8s.io/v1/RoleBinding rbac.RoleBinding
scheduling.k8s.io/v1/PriorityClass scheduling.PriorityClass
storage.k8s.io/v1/StorageClass storage.StorageClass
v1/ConfigMap core.ConfigMap
v1/Endpoints core.Endpoints
v1/Event core.Event
v1/LimitRange core.LimitRange
v1/Namespace core.Namespace
v1/Node core.Node
v1/PersistentVolume core.PersistentVolume
v1/PersistentVolumeClaim core.PersistentVolumeClaim
v1/Pod core.Pod
v1/PodTemplate core.PodTemplate
v1/ReplicationController core.ReplicationController
v1/ResourceQuota core.ResourceQuota
v1/Secret core.Secret
v1/Service core.Service
v1/ServiceAccount core.ServiceAccount
`;

/** The fields of each message, in the notation of protobuf-messages.ts. */
export const protobufFields: string = `
admissionregistration.MatchCondition 1=name! 2=expression!
admissionregistration.MutatingWebhook 1=name! 2=clientConfig!:admissionregistration.WebhookClientConfig 3=rules[]:admissionregistration.RuleWithOperations 4=failurePolicy! 9=matchPolicy! 5=namespaceSelector!:meta.LabelSelector 11=objectSelector!:meta.LabelSelector 6=sideEffects! 7=timeoutSeconds!:int32 8=admissionReviewVersions[] 10=reinvocationPolicy! 12=matchConditions[]:admissionregistration.MatchCondition
admissionregistration.MutatingWebhookConfiguration 1=metadata:meta.ObjectMeta 2=webhooks[]:admissionregistration.MutatingWebhook
admissionregistration.Rule 1=apiGroups[] 2=apiVersions[] 3=resources[] 4=scope!
admissionregistration.RuleWithOperations 1=operations[] 2=!:admissionregistration.Rule
admissionregistration.ServiceReference 1=namespace! 2=name! 3=path! 4=port!:int32
admissionregistration.ValidatingWebhook 1=name! 2=clientConfig!:admissionregistration.WebhookClientConfig 3=rules[]:admissionregistration.RuleWithOperations 4=failurePolicy! 9=matchPolicy! 5=namespaceSelector!:meta.LabelSelector 10=objectSelector!:meta.LabelSelector 6=sideEffects! 7=timeoutSeconds!:int32 8=admissionReviewVersions[] 11=matchConditions[]:admissionregistration.MatchCondition
admissionregistration.ValidatingWebhookConfiguration 1=metadata:meta.ObjectMeta 2=webhooks[]:admissionregistration.ValidatingWebhook
admissionregistration.WebhookClientConfig 3=url! 1=service!:admissionregistration.ServiceReference 2=caBundle:bytes
apps.ControllerRevision 1=metadata:meta.ObjectMeta 2=data:json 3=revision!:int64
apps.DaemonSet 1=metadata:meta.ObjectMeta 2=spec:apps.DaemonSetSpec 3=status:apps.DaemonSetStatus
apps.DaemonSetCondition 1=type! 2=status! 3=lastTransitionTime:time 4=reason 5=message
apps.DaemonSetSpec 1=selector!:meta.LabelSelector 2=template!:core.PodTemplateSpec 3=updateStrategy:apps.DaemonSetUpdateStrategy 4=minReadySeconds:int32 6=revisionHistoryLimit!:int32
apps.DaemonSetStatus 1=currentNumberScheduled!:int32 2=numberMisscheduled!:int32 3=desiredNumberScheduled!:int32 4=numberReady!:int32 5=observedGeneration:int64 6=updatedNumberScheduled:int32 7=numberAvailable:int32 8=numberUnavailable:int32 9=collisionCount!:int32 10=conditions[]:apps.DaemonSetCondition
apps.DaemonSetUpdateStrategy 1=type 2=rollingUpdate!:apps.RollingUpdateDaemonSet
apps.Deployment 1=metadata:meta.ObjectMeta 2=spec:apps.DeploymentSpec 3=status:apps.DeploymentStatus
apps.DeploymentCondition 1=type! 2=status! 6=lastUpdateTime:time 7=lastTransitionTime:time 4=reason 5=message
apps.DeploymentSpec 1=replicas!:int32 2=selector!:meta.LabelSelector 3=template!:core.PodTemplateSpec 4=strategy:apps.DeploymentStrategy 5=minReadySeconds:int32 6=revisionHistoryLimit!:int32 7=paused:bool 9=progressDeadlineSeconds!:int32
apps.DeploymentStatus 1=observedGeneration:int64 2=replicas:int32 3=updatedReplicas:int32 7=readyReplicas:int32 4=availableReplicas:int32 5=unavailableReplicas:int32 9=terminatingReplicas!:int32 6=conditions[]:apps.DeploymentCondition 8=collisionCount!:int32
apps.DeploymentStrategy 1=type 2=rollingUpdate!:apps.RollingUpdateDeployment
apps.ReplicaSet 1=metadata:meta.ObjectMeta 2=spec:apps.ReplicaSetSpec 3=status:apps.ReplicaSetStatus
apps.ReplicaSetCondition 1=type! 2=status! 3=lastTransitionTime:time 4=reason 5=message
apps.ReplicaSetSpec 1=replicas!:int32 4=minReadySeconds:int32 2=selector!:meta.LabelSelector 3=template:core.PodTemplateSpec
apps.ReplicaSetStatus 1=replicas!:int32 2=fullyLabeledReplicas:int32 4=readyReplicas:int32 5=availableReplicas:int32 7=terminatingReplicas!:int32 3=observedGeneration:int64 6=conditions[]:apps.ReplicaSetCondition
apps.RollingUpdateDaemonSet 1=maxUnavailable!:int-or-string 2=maxSurge!:int-or-string
apps.RollingUpdateDeployment 1=maxUnavailable!:int-or-string 2=maxSurge!:int-or-string
apps.RollingUpdateStatefulSetStrategy 1=partition!:int32 2=maxUnavailable!:int-or-string
apps.StatefulSet 1=metadata:meta.ObjectMeta 2=spec:apps.StatefulSetSpec 3=status:apps.StatefulSetStatus
apps.StatefulSetCondition 1=type! 2=status! 3=lastTransitionTime:time 4=reason 5=message
apps.StatefulSetOrdinals 1=start!:int32
apps.StatefulSetPersistentVolumeClaimRetentionPolicy 1=whenDeleted 2=whenScaled
apps.StatefulSetSpec 1=replicas!:int32 2=selector!:meta.LabelSelector 3=template!:core.PodTemplateSpec 4=volumeClaimTemplates[]:core.PersistentVolumeClaim 5=serviceName! 6=podManagementPolicy 7=updateStrategy:apps.StatefulSetUpdateStrategy 8=revisionHistoryLimit!:int32 9=minReadySeconds:int32 10=persistentVolumeClaimRetentionPolicy!:apps.StatefulSetPersistentVolumeClaimRetentionPolicy 11=ordinals!:apps.StatefulSetOrdinals
apps.StatefulSetStatus 1=observedGeneration:int64 2=replicas!:int32 3=readyReplicas:int32 4=currentReplicas:int32 5=updatedReplicas:int32 6=currentRevision 7=updateRevision 9=collisionCount!:int32 10=conditions[]:apps.StatefulSetCondition 11=availableReplicas!:int32
apps.StatefulSetUpdateStrategy 1=type 2=rollingUpdate!:apps.RollingUpdateStatefulSetStrategy
authentication.BoundObjectReference 1=kind 2=apiVersion 3=name 4=uid
authentication.SelfSubjectReview 1=metadata:meta.ObjectMeta 2=status:authentication.SelfSubjectReviewStatus
authentication.SelfSubjectReviewStatus 1=userInfo:authentication.UserInfo
authentication.TokenRequest 1=metadata:meta.ObjectMeta 2=spec!:authentication.TokenRequestSpec 3=status:authentication.TokenRequestStatus
authentication.TokenRequestSpec 1=audiences[] 4=expirationSeconds!:int64 3=boundObjectRef!:authentication.BoundObjectReference
authentication.TokenRequestStatus 1=token! 2=expirationTimestamp!:time
authentication.UserInfo 1=username 2=uid 3=groups[] 4=extra{}:texts
authorization.FieldSelectorAttributes 1=rawSelector 2=requirements[]:meta.FieldSelectorRequirement
authorization.LabelSelectorAttributes 1=rawSelector 2=requirements[]:meta.LabelSelectorRequirement
authorization.NonResourceAttributes 1=path 2=verb
authorization.NonResourceRule 1=verbs[] 2=nonResourceURLs[]
authorization.ResourceAttributes 1=namespace 2=verb 3=group 4=version 5=resource 6=subresource 7=name 8=fieldSelector!:authorization.FieldSelectorAttributes 9=labelSelector!:authorization.LabelSelectorAttributes
authorization.ResourceRule 1=verbs[] 2=apiGroups[] 3=resources[] 4=resourceNames[]
authorization.SelfSubjectAccessReview 1=metadata:meta.ObjectMeta 2=spec!:authorization.SelfSubjectAccessReviewSpec 3=status:authorization.SubjectAccessReviewStatus
authorization.SelfSubjectAccessReviewSpec 1=resourceAttributes!:authorization.ResourceAttributes 2=nonResourceAttributes!:authorization.NonResourceAttributes
authorization.SelfSubjectRulesReview 1=metadata:meta.ObjectMeta 2=spec!:authorization.SelfSubjectRulesReviewSpec 3=status:authorization.SubjectRulesReviewStatus
authorization.SelfSubjectRulesReviewSpec 1=namespace
authorization.SubjectAccessReviewStatus 1=allowed!:bool 4=denied:bool 2=reason 3=evaluationError
authorization.SubjectRulesReviewStatus 1=resourceRules[]:authorization.ResourceRule 2=nonResourceRules[]:authorization.NonResourceRule 3=incomplete!:bool 4=evaluationError
autoscaling.ContainerResourceMetricSource 1=name! 2=target!:autoscaling.MetricTarget 3=container!
autoscaling.ContainerResourceMetricStatus 1=name! 2=current!:autoscaling.MetricValueStatus 3=container!
autoscaling.CrossVersionObjectReference 1=kind! 2=name! 3=apiVersion
autoscaling.ExternalMetricSource 1=metric!:autoscaling.MetricIdentifier 2=target!:autoscaling.MetricTarget
autoscaling.ExternalMetricStatus 1=metric!:autoscaling.MetricIdentifier 2=current!:autoscaling.MetricValueStatus
autoscaling.HPAScalingPolicy 1=type! 2=value!:int32 3=periodSeconds!:int32
autoscaling.HPAScalingRules 3=stabilizationWindowSeconds!:int32 1=selectPolicy! 2=policies[]:autoscaling.HPAScalingPolicy 4=tolerance!:quantity
autoscaling.HorizontalPodAutoscaler 1=metadata:meta.ObjectMeta 2=spec:autoscaling.HorizontalPodAutoscalerSpec 3=status:autoscaling.HorizontalPodAutoscalerStatus
autoscaling.HorizontalPodAutoscalerBehavior 1=scaleUp!:autoscaling.HPAScalingRules 2=scaleDown!:autoscaling.HPAScalingRules
autoscaling.HorizontalPodAutoscalerCondition 1=type! 2=status! 3=lastTransitionTime:time 4=reason 5=message
autoscaling.HorizontalPodAutoscalerSpec 1=scaleTargetRef!:autoscaling.CrossVersionObjectReference 2=minReplicas!:int32 3=maxReplicas!:int32 4=metrics[]:autoscaling.MetricSpec 5=behavior!:autoscaling.HorizontalPodAutoscalerBehavior
autoscaling.HorizontalPodAutoscalerStatus 1=observedGeneration!:int64 2=lastScaleTime!:time 3=currentReplicas:int32 4=desiredReplicas!:int32 5=currentMetrics[]:autoscaling.MetricStatus 6=conditions[]:autoscaling.HorizontalPodAutoscalerCondition
autoscaling.MetricIdentifier 1=name! 2=selector!:meta.LabelSelector
autoscaling.MetricSpec 1=type! 2=object!:autoscaling.ObjectMetricSource 3=pods!:autoscaling.PodsMetricSource 4=resource!:autoscaling.ResourceMetricSource 7=containerResource!:autoscaling.ContainerResourceMetricSource 5=external!:autoscaling.ExternalMetricSource
autoscaling.MetricStatus 1=type! 2=object!:autoscaling.ObjectMetricStatus 3=pods!:autoscaling.PodsMetricStatus 4=resource!:autoscaling.ResourceMetricStatus 7=containerResource!:autoscaling.ContainerResourceMetricStatus 5=external!:autoscaling.ExternalMetricStatus
autoscaling.MetricTarget 1=type! 2=value!:quantity 3=averageValue!:quantity 4=averageUtilization!:int32
autoscaling.MetricValueStatus 1=value!:quantity 2=averageValue!:quantity 3=averageUtilization!:int32
autoscaling.ObjectMetricSource 1=describedObject!:autoscaling.CrossVersionObjectReference 2=target!:autoscaling.MetricTarget 3=metric!:autoscaling.MetricIdentifier
autoscaling.ObjectMetricStatus 1=metric!:autoscaling.MetricIdentifier 2=current!:autoscaling.MetricValueStatus 3=describedObject!:autoscaling.CrossVersionObjectReference
autoscaling.PodsMetricSource 1=metric!:autoscaling.MetricIdentifier 2=target!:autoscaling.MetricTarget
autoscaling.PodsMetricStatus 1=metric!:autoscaling.MetricIdentifier 2=current!:autoscaling.MetricValueStatus
autoscaling.ResourceMetricSource 1=name! 2=target!:autoscaling.MetricTarget
autoscaling.ResourceMetricStatus 1=name! 2=current!:autoscaling.MetricValueStatus
autoscaling.Scale 1=metadata:meta.ObjectMeta 2=spec:autoscaling.ScaleSpec 3=status:autoscaling.ScaleStatus
autoscaling.ScaleSpec 1=replicas:int32
autoscaling.ScaleStatus 1=replicas!:int32 2=selector
batch.CronJob 1=metadata:meta.ObjectMeta 2=spec:batch.CronJobSpec 3=status:batch.CronJobStatus
batch.CronJobSpec 1=schedule! 8=timeZone! 2=startingDeadlineSeconds!:int64 3=concurrencyPolicy 4=suspend!:bool 5=jobTemplate!:batch.JobTemplateSpec 6=successfulJobsHistoryLimit!:int32 7=failedJobsHistoryLimit!:int32
batch.CronJobStatus 1=active[]:core.ObjectReference 4=lastScheduleTime!:time 5=lastSuccessfulTime!:time
batch.Job 1=metadata:meta.ObjectMeta 2=spec:batch.JobSpec 3=status:batch.JobStatus
batch.JobCondition 1=type! 2=status! 3=lastProbeTime:time 4=lastTransitionTime:time 5=reason 6=message
batch.JobSpec 1=parallelism!:int32 2=completions!:int32 3=activeDeadlineSeconds!:int64 11=podFailurePolicy!:batch.PodFailurePolicy 16=successPolicy!:batch.SuccessPolicy 7=backoffLimit!:int32 12=backoffLimitPerIndex!:int32 13=maxFailedIndexes!:int32 4=selector!:meta.LabelSelector 5=manualSelector!:bool 6=template!:core.PodTemplateSpec 8=ttlSecondsAfterFinished!:int32 9=completionMode! 10=suspend!:bool 14=podReplacementPolicy! 15=managedBy!
batch.JobStatus 1=conditions[]:batch.JobCondition 2=startTime!:time 3=completionTime!:time 4=active:int32 5=succeeded:int32 6=failed:int32 11=terminating!:int32 7=completedIndexes 10=failedIndexes! 8=uncountedTerminatedPods!:batch.UncountedTerminatedPods 9=ready!:int32
batch.JobTemplateSpec 1=metadata:meta.ObjectMeta 2=spec:batch.JobSpec
batch.PodFailurePolicy 1=rules[]:batch.PodFailurePolicyRule
batch.PodFailurePolicyOnExitCodesRequirement 1=containerName! 2=operator! 3=values[]:int32
batch.PodFailurePolicyOnPodConditionsPattern 1=type! 2=status!
batch.PodFailurePolicyRule 1=action! 2=onExitCodes!:batch.PodFailurePolicyOnExitCodesRequirement 3=onPodConditions[]:batch.PodFailurePolicyOnPodConditionsPattern
batch.SuccessPolicy 1=rules[]:batch.SuccessPolicyRule
batch.SuccessPolicyRule 1=succeededIndexes! 2=succeededCount!:int32
batch.UncountedTerminatedPods 1=succeeded[] 2=failed[]
coordination.Lease 1=metadata:meta.ObjectMeta 2=spec:coordination.LeaseSpec
coordination.LeaseSpec 1=holderIdentity! 2=leaseDurationSeconds!:int32 3=acquireTime!:micro-time 4=renewTime!:micro-time 5=leaseTransitions!:int32 6=strategy! 7=preferredHolder!
core.AWSElasticBlockStoreVolumeSource 1=volumeID! 2=fsType 3=partition:int32 4=readOnly:bool
core.Affinity 1=nodeAffinity!:core.NodeAffinity 2=podAffinity!:core.PodAffinity 3=podAntiAffinity!:core.PodAntiAffinity
core.AppArmorProfile 1=type! 2=localhostProfile!
core.AttachedVolume 1=name! 2=devicePath!
core.AzureDiskVolumeSource 1=diskName! 2=diskURI! 3=cachingMode! 4=fsType! 5=readOnly!:bool 6=kind!
core.AzureFilePersistentVolumeSource 1=secretName! 2=shareName! 3=readOnly:bool 4=secretNamespace!
core.AzureFileVolumeSource 1=secretName! 2=shareName! 3=readOnly:bool
core.CSIPersistentVolumeSource 1=driver! 2=volumeHandle! 3=readOnly:bool 4=fsType 5=volumeAttributes{} 6=controllerPublishSecretRef!:core.SecretReference 7=nodeStageSecretRef!:core.SecretReference 8=nodePublishSecretRef!:core.SecretReference 9=controllerExpandSecretRef!:core.SecretReference 10=nodeExpandSecretRef!:core.SecretReference
core.CSIVolumeSource 1=driver! 2=readOnly!:bool 3=fsType! 4=volumeAttributes{} 5=nodePublishSecretRef!:core.LocalObjectReference
core.Capabilities 1=add[] 2=drop[]
core.CephFSPersistentVolumeSource 1=monitors[] 2=path 3=user 4=secretFile 5=secretRef!:core.SecretReference 6=readOnly:bool
core.CephFSVolumeSource 1=monitors[] 2=path 3=user 4=secretFile 5=secretRef!:core.LocalObjectReference 6=readOnly:bool
core.CinderPersistentVolumeSource 1=volumeID! 2=fsType 3=readOnly:bool 4=secretRef!:core.SecretReference
core.CinderVolumeSource 1=volumeID! 2=fsType 3=readOnly:bool 4=secretRef!:core.LocalObjectReference
core.ClientIPConfig 1=timeoutSeconds!:int32
core.ClusterTrustBundleProjection 1=name! 2=signerName! 3=labelSelector!:meta.LabelSelector 5=optional!:bool 4=path!
core.ConfigMap 1=metadata:meta.ObjectMeta 4=immutable!:bool 2=data{} 3=binaryData{}:bytes
core.ConfigMapEnvSource 1=!:core.LocalObjectReference 2=optional!:bool
core.ConfigMapKeySelector 1=!:core.LocalObjectReference 2=key! 3=optional!:bool
core.ConfigMapNodeConfigSource 1=namespace! 2=name! 3=uid 4=resourceVersion 5=kubeletConfigKey!
core.ConfigMapProjection 1=!:core.LocalObjectReference 2=items[]:core.KeyToPath 4=optional!:bool
core.ConfigMapVolumeSource 1=!:core.LocalObjectReference 2=items[]:core.KeyToPath 3=defaultMode!:int32 4=optional!:bool
core.Container 1=name! 2=image 3=command[] 4=args[] 5=workingDir 6=ports[]:core.ContainerPort 19=envFrom[]:core.EnvFromSource 7=env[]:core.EnvVar 8=resources:core.ResourceRequirements 23=resizePolicy[]:core.ContainerResizePolicy 24=restartPolicy! 25=restartPolicyRules[]:core.ContainerRestartRule 9=volumeMounts[]:core.VolumeMount 21=volumeDevices[]:core.VolumeDevice 10=livenessProbe!:core.Probe 11=readinessProbe!:core.Probe 22=startupProbe!:core.Probe 12=lifecycle!:core.Lifecycle 13=terminationMessagePath 20=terminationMessagePolicy 14=imagePullPolicy 15=securityContext!:core.SecurityContext 16=stdin:bool 17=stdinOnce:bool 18=tty:bool
core.ContainerExtendedResourceRequest 1=containerName! 2=resourceName! 3=requestName!
core.ContainerImage 1=names[] 2=sizeBytes:int64
core.ContainerPort 1=name 2=hostPort:int32 3=containerPort!:int32 4=protocol 5=hostIP
core.ContainerResizePolicy 1=resourceName! 2=restartPolicy!
core.ContainerRestartRule 1=action 2=exitCodes!:core.ContainerRestartRuleOnExitCodes
core.ContainerRestartRuleOnExitCodes 1=operator 2=values[]:int32
core.ContainerState 1=waiting!:core.ContainerStateWaiting 2=running!:core.ContainerStateRunning 3=terminated!:core.ContainerStateTerminated
core.ContainerStateRunning 1=startedAt:time
core.ContainerStateTerminated 1=exitCode!:int32 2=signal:int32 3=reason 4=message 5=startedAt:time 6=finishedAt:time 7=containerID
core.ContainerStateWaiting 1=reason 2=message
core.ContainerStatus 1=name! 2=state:core.ContainerState 3=lastState:core.ContainerState 4=ready!:bool 5=restartCount!:int32 6=image! 7=imageID! 8=containerID 9=started!:bool 10=allocatedResources{}:quantity 11=resources!:core.ResourceRequirements 12=volumeMounts[]:core.VolumeMountStatus 13=user!:core.ContainerUser 14=allocatedResourcesStatus[]:core.ResourceStatus 15=stopSignal!
core.ContainerUser 1=linux!:core.LinuxContainerUser
core.DaemonEndpoint 1=Port!:int32
core.DownwardAPIProjection 1=items[]:core.DownwardAPIVolumeFile
core.DownwardAPIVolumeFile 1=path! 2=fieldRef!:core.ObjectFieldSelector 3=resourceFieldRef!:core.ResourceFieldSelector 4=mode!:int32
core.DownwardAPIVolumeSource 1=items[]:core.DownwardAPIVolumeFile 2=defaultMode!:int32
core.EmptyDirVolumeSource 1=medium 2=sizeLimit!:quantity
core.EndpointAddress 1=ip! 3=hostname 4=nodeName! 2=targetRef!:core.ObjectReference
core.EndpointPort 1=name 2=port!:int32 3=protocol 4=appProtocol!
core.EndpointSubset 1=addresses[]:core.EndpointAddress 2=notReadyAddresses[]:core.EndpointAddress 3=ports[]:core.EndpointPort
core.Endpoints 1=metadata:meta.ObjectMeta 2=subsets[]:core.EndpointSubset
core.EnvFromSource 1=prefix 2=configMapRef!:core.ConfigMapEnvSource 3=secretRef!:core.SecretEnvSource
core.EnvVar 1=name! 2=value 3=valueFrom!:core.EnvVarSource
core.EnvVarSource 1=fieldRef!:core.ObjectFieldSelector 2=resourceFieldRef!:core.ResourceFieldSelector 3=configMapKeyRef!:core.ConfigMapKeySelector 4=secretKeyRef!:core.SecretKeySelector 5=fileKeyRef!:core.FileKeySelector
core.EphemeralContainer 1=!:core.EphemeralContainerCommon 2=targetContainerName
core.EphemeralContainerCommon 1=name! 2=image 3=command[] 4=args[] 5=workingDir 6=ports[]:core.ContainerPort 19=envFrom[]:core.EnvFromSource 7=env[]:core.EnvVar 8=resources:core.ResourceRequirements 23=resizePolicy[]:core.ContainerResizePolicy 24=restartPolicy! 25=restartPolicyRules[]:core.ContainerRestartRule 9=volumeMounts[]:core.VolumeMount 21=volumeDevices[]:core.VolumeDevice 10=livenessProbe!:core.Probe 11=readinessProbe!:core.Probe 22=startupProbe!:core.Probe 12=lifecycle!:core.Lifecycle 13=terminationMessagePath 20=terminationMessagePolicy 14=imagePullPolicy 15=securityContext!:core.SecurityContext 16=stdin:bool 17=stdinOnce:bool 18=tty:bool
core.EphemeralVolumeSource 1=volumeClaimTemplate!:core.PersistentVolumeClaimTemplate
core.Event 1=metadata!:meta.ObjectMeta 2=involvedObject!:core.ObjectReference 3=reason 4=message 5=source:core.EventSource 6=firstTimestamp:time 7=lastTimestamp:time 8=count:int32 9=type 10=eventTime:micro-time 11=series!:core.EventSeries 12=action 13=related!:core.ObjectReference 14=reportingComponent! 15=reportingInstance!
core.EventSeries 1=count:int32 2=lastObservedTime:micro-time
core.EventSource 1=component 2=host
core.ExecAction 1=command[]
core.FCVolumeSource 1=targetWWNs[] 2=lun!:int32 3=fsType 4=readOnly:bool 5=wwids[]
core.FileKeySelector 1=volumeName! 2=path! 3=key! 4=optional!:bool
core.FlexPersistentVolumeSource 1=driver! 2=fsType 3=secretRef!:core.SecretReference 4=readOnly:bool 5=options{}
core.FlexVolumeSource 1=driver! 2=fsType 3=secretRef!:core.LocalObjectReference 4=readOnly:bool 5=options{}
core.FlockerVolumeSource 1=datasetName 2=datasetUUID
core.GCEPersistentDiskVolumeSource 1=pdName! 2=fsType 3=partition:int32 4=readOnly:bool
core.GRPCAction 1=port!:int32 2=service!
core.GitRepoVolumeSource 1=repository! 2=revision 3=directory
core.GlusterfsPersistentVolumeSource 1=endpoints! 2=path! 3=readOnly:bool 4=endpointsNamespace!
core.GlusterfsVolumeSource 1=endpoints! 2=path! 3=readOnly:bool
core.HTTPGetAction 1=path 2=port!:int-or-string 3=host 4=scheme 5=httpHeaders[]:core.HTTPHeader
core.HTTPHeader 1=name! 2=value!
core.HostAlias 1=ip! 2=hostnames[]
core.HostIP 1=ip!
core.HostPathVolumeSource 1=path! 2=type!
core.ISCSIPersistentVolumeSource 1=targetPortal! 2=iqn! 3=lun!:int32 4=iscsiInterface 5=fsType 6=readOnly:bool 7=portals[] 8=chapAuthDiscovery:bool 11=chapAuthSession:bool 10=secretRef!:core.SecretReference 12=initiatorName!
core.ISCSIVolumeSource 1=targetPortal! 2=iqn! 3=lun!:int32 4=iscsiInterface 5=fsType 6=readOnly:bool 7=portals[] 8=chapAuthDiscovery:bool 11=chapAuthSession:bool 10=secretRef!:core.LocalObjectReference 12=initiatorName!
core.ImageVolumeSource 1=reference 2=pullPolicy
core.KeyToPath 1=key! 2=path! 3=mode!:int32
core.Lifecycle 1=postStart!:core.LifecycleHandler 2=preStop!:core.LifecycleHandler 3=stopSignal!
core.LifecycleHandler 1=exec!:core.ExecAction 2=httpGet!:core.HTTPGetAction 3=tcpSocket!:core.TCPSocketAction 4=sleep!:core.SleepAction
core.LimitRange 1=metadata:meta.ObjectMeta 2=spec:core.LimitRangeSpec
core.LimitRangeItem 1=type! 2=max{}:quantity 3=min{}:quantity 4=default{}:quantity 5=defaultRequest{}:quantity 6=maxLimitRequestRatio{}:quantity
core.LimitRangeSpec 1=limits[]:core.LimitRangeItem
core.LinuxContainerUser 1=uid!:int64 2=gid!:int64 3=supplementalGroups[]:int64
core.LoadBalancerIngress 1=ip 2=hostname 3=ipMode! 4=ports[]:core.PortStatus
core.LoadBalancerStatus 1=ingress[]:core.LoadBalancerIngress
core.LocalObjectReference 1=name
core.LocalVolumeSource 1=path! 2=fsType!
core.ModifyVolumeStatus 1=targetVolumeAttributesClassName 2=status!
core.NFSVolumeSource 1=server! 2=path! 3=readOnly:bool
core.Namespace 1=metadata:meta.ObjectMeta 2=spec:core.NamespaceSpec 3=status:core.NamespaceStatus
core.NamespaceCondition 1=type! 2=status! 4=lastTransitionTime:time 5=reason 6=message
core.NamespaceSpec 1=finalizers[]
core.NamespaceStatus 1=phase 2=conditions[]:core.NamespaceCondition
core.Node 1=metadata:meta.ObjectMeta 2=spec:core.NodeSpec 3=status:core.NodeStatus
core.NodeAddress 1=type! 2=address!
core.NodeAffinity 1=requiredDuringSchedulingIgnoredDuringExecution!:core.NodeSelector 2=preferredDuringSchedulingIgnoredDuringExecution[]:core.PreferredSchedulingTerm
core.NodeCondition 1=type! 2=status! 3=lastHeartbeatTime:time 4=lastTransitionTime:time 5=reason 6=message
core.NodeConfigSource 2=configMap!:core.ConfigMapNodeConfigSource
core.NodeConfigStatus 1=assigned!:core.NodeConfigSource 2=active!:core.NodeConfigSource 3=lastKnownGood!:core.NodeConfigSource 4=error
core.NodeDaemonEndpoints 1=kubeletEndpoint:core.DaemonEndpoint
core.NodeFeatures 1=supplementalGroupsPolicy!:bool
core.NodeRuntimeHandler 1=name! 2=features!:core.NodeRuntimeHandlerFeatures
core.NodeRuntimeHandlerFeatures 1=recursiveReadOnlyMounts!:bool 2=userNamespaces!:bool
core.NodeSelector 1=nodeSelectorTerms[]:core.NodeSelectorTerm
core.NodeSelectorRequirement 1=key! 2=operator! 3=values[]
core.NodeSelectorTerm 1=matchExpressions[]:core.NodeSelectorRequirement 2=matchFields[]:core.NodeSelectorRequirement
core.NodeSpec 1=podCIDR 7=podCIDRs[] 3=providerID 4=unschedulable:bool 5=taints[]:core.Taint 6=configSource!:core.NodeConfigSource 2=externalID
core.NodeStatus 1=capacity{}:quantity 2=allocatable{}:quantity 3=phase 4=conditions[]:core.NodeCondition 5=addresses[]:core.NodeAddress 6=daemonEndpoints:core.NodeDaemonEndpoints 7=nodeInfo:core.NodeSystemInfo 8=images[]:core.ContainerImage 9=volumesInUse[] 10=volumesAttached[]:core.AttachedVolume 11=config!:core.NodeConfigStatus 12=runtimeHandlers[]:core.NodeRuntimeHandler 13=features!:core.NodeFeatures
core.NodeSwapStatus 1=capacity!:int64
core.NodeSystemInfo 1=machineID! 2=systemUUID! 3=bootID! 4=kernelVersion! 5=osImage! 6=containerRuntimeVersion! 7=kubeletVersion! 8=kubeProxyVersion! 9=operatingSystem! 10=architecture! 11=swap!:core.NodeSwapStatus
core.ObjectFieldSelector 1=apiVersion 2=fieldPath!
core.ObjectReference 1=kind 2=namespace 3=name 4=uid 5=apiVersion 6=resourceVersion 7=fieldPath
core.PersistentVolume 1=metadata:meta.ObjectMeta 2=spec:core.PersistentVolumeSpec 3=status:core.PersistentVolumeStatus
core.PersistentVolumeClaim 1=metadata:meta.ObjectMeta 2=spec:core.PersistentVolumeClaimSpec 3=status:core.PersistentVolumeClaimStatus
core.PersistentVolumeClaimCondition 1=type! 2=status! 3=lastProbeTime:time 4=lastTransitionTime:time 5=reason 6=message
core.PersistentVolumeClaimSpec 1=accessModes[] 4=selector!:meta.LabelSelector 2=resources:core.VolumeResourceRequirements 3=volumeName 5=storageClassName! 6=volumeMode! 7=dataSource!:core.TypedLocalObjectReference 8=dataSourceRef!:core.TypedObjectReference 9=volumeAttributesClassName!
core.PersistentVolumeClaimStatus 1=phase 2=accessModes[] 3=capacity{}:quantity 4=conditions[]:core.PersistentVolumeClaimCondition 5=allocatedResources{}:quantity 7=allocatedResourceStatuses{} 8=currentVolumeAttributesClassName! 9=modifyVolumeStatus!:core.ModifyVolumeStatus
core.PersistentVolumeClaimTemplate 1=metadata:meta.ObjectMeta 2=spec!:core.PersistentVolumeClaimSpec
core.PersistentVolumeClaimVolumeSource 1=claimName! 2=readOnly:bool
core.PersistentVolumeSource 1=gcePersistentDisk!:core.GCEPersistentDiskVolumeSource 2=awsElasticBlockStore!:core.AWSElasticBlockStoreVolumeSource 3=hostPath!:core.HostPathVolumeSource 4=glusterfs!:core.GlusterfsPersistentVolumeSource 5=nfs!:core.NFSVolumeSource 6=rbd!:core.RBDPersistentVolumeSource 7=iscsi!:core.ISCSIPersistentVolumeSource 8=cinder!:core.CinderPersistentVolumeSource 9=cephfs!:core.CephFSPersistentVolumeSource 10=fc!:core.FCVolumeSource 11=flocker!:core.FlockerVolumeSource 12=flexVolume!:core.FlexPersistentVolumeSource 13=azureFile!:core.AzureFilePersistentVolumeSource 14=vsphereVolume!:core.VsphereVirtualDiskVolumeSource 15=quobyte!:core.QuobyteVolumeSource 16=azureDisk!:core.AzureDiskVolumeSource 17=photonPersistentDisk!:core.PhotonPersistentDiskVolumeSource 18=portworxVolume!:core.PortworxVolumeSource 19=scaleIO!:core.ScaleIOPersistentVolumeSource 20=local!:core.LocalVolumeSource 21=storageos!:core.StorageOSPersistentVolumeSource 22=csi!:core.CSIPersistentVolumeSource
core.PersistentVolumeSpec 1=capacity{}:quantity 2=!:core.PersistentVolumeSource 3=accessModes[] 4=claimRef!:core.ObjectReference 5=persistentVolumeReclaimPolicy 6=storageClassName 7=mountOptions[] 8=volumeMode! 9=nodeAffinity!:core.VolumeNodeAffinity 10=volumeAttributesClassName!
core.PersistentVolumeStatus 1=phase 2=message 3=reason 4=lastPhaseTransitionTime!:time
core.PhotonPersistentDiskVolumeSource 1=pdID! 2=fsType
core.Pod 1=metadata:meta.ObjectMeta 2=spec:core.PodSpec 3=status:core.PodStatus
core.PodAffinity 1=requiredDuringSchedulingIgnoredDuringExecution[]:core.PodAffinityTerm 2=preferredDuringSchedulingIgnoredDuringExecution[]:core.WeightedPodAffinityTerm
core.PodAffinityTerm 1=labelSelector!:meta.LabelSelector 2=namespaces[] 3=topologyKey! 4=namespaceSelector!:meta.LabelSelector 5=matchLabelKeys[] 6=mismatchLabelKeys[]
core.PodAntiAffinity 1=requiredDuringSchedulingIgnoredDuringExecution[]:core.PodAffinityTerm 2=preferredDuringSchedulingIgnoredDuringExecution[]:core.WeightedPodAffinityTerm
core.PodCertificateProjection 1=signerName 2=keyType 3=maxExpirationSeconds!:int32 4=credentialBundlePath 5=keyPath 6=certificateChainPath
core.PodCondition 1=type! 7=observedGeneration:int64 2=status! 3=lastProbeTime:time 4=lastTransitionTime:time 5=reason 6=message
core.PodDNSConfig 1=nameservers[] 2=searches[] 3=options[]:core.PodDNSConfigOption
core.PodDNSConfigOption 1=name 2=value!
core.PodExtendedResourceClaimStatus 1=requestMappings[]:core.ContainerExtendedResourceRequest 2=resourceClaimName!
core.PodIP 1=ip!
core.PodOS 1=name!
core.PodReadinessGate 1=conditionType!
core.PodResourceClaim 1=name! 3=resourceClaimName! 4=resourceClaimTemplateName!
core.PodResourceClaimStatus 1=name! 2=resourceClaimName!
core.PodSchedulingGate 1=name!
core.PodSecurityContext 1=seLinuxOptions!:core.SELinuxOptions 8=windowsOptions!:core.WindowsSecurityContextOptions 2=runAsUser!:int64 6=runAsGroup!:int64 3=runAsNonRoot!:bool 4=supplementalGroups[]:int64 12=supplementalGroupsPolicy! 5=fsGroup!:int64 7=sysctls[]:core.Sysctl 9=fsGroupChangePolicy! 10=seccompProfile!:core.SeccompProfile 11=appArmorProfile!:core.AppArmorProfile 13=seLinuxChangePolicy!
core.PodSpec 1=volumes[]:core.Volume 20=initContainers[]:core.Container 2=containers[]:core.Container 34=ephemeralContainers[]:core.EphemeralContainer 3=restartPolicy 4=terminationGracePeriodSeconds!:int64 5=activeDeadlineSeconds!:int64 6=dnsPolicy 7=nodeSelector{} 8=serviceAccountName 9=serviceAccount 21=automountServiceAccountToken!:bool 10=nodeName 11=hostNetwork:bool 12=hostPID:bool 13=hostIPC:bool 27=shareProcessNamespace!:bool 14=securityContext!:core.PodSecurityContext 15=imagePullSecrets[]:core.LocalObjectReference 16=hostname 17=subdomain 18=affinity!:core.Affinity 19=schedulerName 22=tolerations[]:core.Toleration 23=hostAliases[]:core.HostAlias 24=priorityClassName 25=priority!:int32 26=dnsConfig!:core.PodDNSConfig 28=readinessGates[]:core.PodReadinessGate 29=runtimeClassName! 30=enableServiceLinks!:bool 31=preemptionPolicy! 32=overhead{}:quantity 33=topologySpreadConstraints[]:core.TopologySpreadConstraint 35=setHostnameAsFQDN!:bool 36=os!:core.PodOS 37=hostUsers!:bool 38=schedulingGates[]:core.PodSchedulingGate 39=resourceClaims[]:core.PodResourceClaim 40=resources!:core.ResourceRequirements 41=hostnameOverride!
core.PodStatus 17=observedGeneration:int64 1=phase 2=conditions[]:core.PodCondition 3=message 4=reason 11=nominatedNodeName 5=hostIP 16=hostIPs[]:core.HostIP 6=podIP 12=podIPs[]:core.PodIP 7=startTime!:time 10=initContainerStatuses[]:core.ContainerStatus 8=containerStatuses[]:core.ContainerStatus 9=qosClass 13=ephemeralContainerStatuses[]:core.ContainerStatus 14=resize 15=resourceClaimStatuses[]:core.PodResourceClaimStatus 18=extendedResourceClaimStatus!:core.PodExtendedResourceClaimStatus
core.PodTemplate 1=metadata:meta.ObjectMeta 2=template:core.PodTemplateSpec
core.PodTemplateSpec 1=metadata:meta.ObjectMeta 2=spec:core.PodSpec
core.PortStatus 1=port!:int32 2=protocol! 3=error!
core.PortworxVolumeSource 1=volumeID! 2=fsType 3=readOnly:bool
core.PreferredSchedulingTerm 1=weight!:int32 2=preference!:core.NodeSelectorTerm
core.Probe 1=!:core.ProbeHandler 2=initialDelaySeconds:int32 3=timeoutSeconds:int32 4=periodSeconds:int32 5=successThreshold:int32 6=failureThreshold:int32 7=terminationGracePeriodSeconds!:int64
core.ProbeHandler 1=exec!:core.ExecAction 2=httpGet!:core.HTTPGetAction 3=tcpSocket!:core.TCPSocketAction 4=grpc!:core.GRPCAction
core.ProjectedVolumeSource 1=sources[]:core.VolumeProjection 2=defaultMode!:int32
core.QuobyteVolumeSource 1=registry! 2=volume! 3=readOnly:bool 4=user 5=group 6=tenant
core.RBDPersistentVolumeSource 1=monitors[] 2=image! 3=fsType 4=pool 5=user 6=keyring 7=secretRef!:core.SecretReference 8=readOnly:bool
core.RBDVolumeSource 1=monitors[] 2=image! 3=fsType 4=pool 5=user 6=keyring 7=secretRef!:core.LocalObjectReference 8=readOnly:bool
core.ReplicationController 1=metadata:meta.ObjectMeta 2=spec:core.ReplicationControllerSpec 3=status:core.ReplicationControllerStatus
core.ReplicationControllerCondition 1=type! 2=status! 3=lastTransitionTime:time 4=reason 5=message
core.ReplicationControllerSpec 1=replicas!:int32 4=minReadySeconds:int32 2=selector{} 3=template!:core.PodTemplateSpec
core.ReplicationControllerStatus 1=replicas!:int32 2=fullyLabeledReplicas:int32 4=readyReplicas:int32 5=availableReplicas:int32 3=observedGeneration:int64 6=conditions[]:core.ReplicationControllerCondition
core.ResourceClaim 1=name! 2=request
core.ResourceFieldSelector 1=containerName 2=resource! 3=divisor:quantity
core.ResourceHealth 1=resourceID! 2=health
core.ResourceQuota 1=metadata:meta.ObjectMeta 2=spec:core.ResourceQuotaSpec 3=status:core.ResourceQuotaStatus
core.ResourceQuotaSpec 1=hard{}:quantity 2=scopes[] 3=scopeSelector!:core.ScopeSelector
core.ResourceQuotaStatus 1=hard{}:quantity 2=used{}:quantity
core.ResourceRequirements 1=limits{}:quantity 2=requests{}:quantity 3=claims[]:core.ResourceClaim
core.ResourceStatus 1=name! 2=resources[]:core.ResourceHealth
core.SELinuxOptions 1=user 2=role 3=type 4=level
core.ScaleIOPersistentVolumeSource 1=gateway! 2=system! 3=secretRef!:core.SecretReference 4=sslEnabled:bool 5=protectionDomain 6=storagePool 7=storageMode 8=volumeName 9=fsType 10=readOnly:bool
core.ScaleIOVolumeSource 1=gateway! 2=system! 3=secretRef!:core.LocalObjectReference 4=sslEnabled:bool 5=protectionDomain 6=storagePool 7=storageMode 8=volumeName 9=fsType 10=readOnly:bool
core.ScopeSelector 1=matchExpressions[]:core.ScopedResourceSelectorRequirement
core.ScopedResourceSelectorRequirement 1=scopeName! 2=operator! 3=values[]
core.SeccompProfile 1=type! 2=localhostProfile!
core.Secret 1=metadata:meta.ObjectMeta 5=immutable!:bool 2=data{}:bytes 4=stringData{} 3=type
core.SecretEnvSource 1=!:core.LocalObjectReference 2=optional!:bool
core.SecretKeySelector 1=!:core.LocalObjectReference 2=key! 3=optional!:bool
core.SecretProjection 1=!:core.LocalObjectReference 2=items[]:core.KeyToPath 4=optional!:bool
core.SecretReference 1=name 2=namespace
core.SecretVolumeSource 1=secretName 2=items[]:core.KeyToPath 3=defaultMode!:int32 4=optional!:bool
core.SecurityContext 1=capabilities!:core.Capabilities 2=privileged!:bool 3=seLinuxOptions!:core.SELinuxOptions 10=windowsOptions!:core.WindowsSecurityContextOptions 4=runAsUser!:int64 8=runAsGroup!:int64 5=runAsNonRoot!:bool 6=readOnlyRootFilesystem!:bool 7=allowPrivilegeEscalation!:bool 9=procMount! 11=seccompProfile!:core.SeccompProfile 12=appArmorProfile!:core.AppArmorProfile
core.Service 1=metadata:meta.ObjectMeta 2=spec:core.ServiceSpec 3=status:core.ServiceStatus
core.ServiceAccount 1=metadata:meta.ObjectMeta 2=secrets[]:core.ObjectReference 3=imagePullSecrets[]:core.LocalObjectReference 4=automountServiceAccountToken!:bool
core.ServiceAccountTokenProjection 1=audience 2=expirationSeconds!:int64 3=path!
core.ServicePort 1=name 2=protocol 6=appProtocol! 3=port!:int32 4=targetPort:int-or-string 5=nodePort:int32
core.ServiceSpec 1=ports[]:core.ServicePort 2=selector{} 3=clusterIP 18=clusterIPs[] 4=type 5=externalIPs[] 7=sessionAffinity 8=loadBalancerIP 9=loadBalancerSourceRanges[] 10=externalName 11=externalTrafficPolicy 12=healthCheckNodePort:int32 13=publishNotReadyAddresses:bool 14=sessionAffinityConfig!:core.SessionAffinityConfig 19=ipFamilies[] 17=ipFamilyPolicy! 20=allocateLoadBalancerNodePorts!:bool 21=loadBalancerClass! 22=internalTrafficPolicy! 23=trafficDistribution!
core.ServiceStatus 1=loadBalancer:core.LoadBalancerStatus 2=conditions[]:meta.Condition
core.SessionAffinityConfig 1=clientIP!:core.ClientIPConfig
core.SleepAction 1=seconds!:int64
core.StorageOSPersistentVolumeSource 1=volumeName 2=volumeNamespace 3=fsType 4=readOnly:bool 5=secretRef!:core.ObjectReference
core.StorageOSVolumeSource 1=volumeName 2=volumeNamespace 3=fsType 4=readOnly:bool 5=secretRef!:core.LocalObjectReference
core.Sysctl 1=name! 2=value!
core.TCPSocketAction 1=port!:int-or-string 2=host
core.Taint 1=key! 2=value 3=effect! 4=timeAdded!:time
core.Toleration 1=key 2=operator 3=value 4=effect 5=tolerationSeconds!:int64
core.TopologySelectorLabelRequirement 1=key! 2=values[]
core.TopologySelectorTerm 1=matchLabelExpressions[]:core.TopologySelectorLabelRequirement
core.TopologySpreadConstraint 1=maxSkew!:int32 2=topologyKey! 3=whenUnsatisfiable! 4=labelSelector!:meta.LabelSelector 5=minDomains!:int32 6=nodeAffinityPolicy! 7=nodeTaintsPolicy! 8=matchLabelKeys[]
core.TypedLocalObjectReference 1=apiGroup! 2=kind! 3=name!
core.TypedObjectReference 1=apiGroup! 2=kind! 3=name! 4=namespace!
core.Volume 1=name! 2=!:core.VolumeSource
core.VolumeDevice 1=name! 2=devicePath!
core.VolumeMount 1=name! 2=readOnly:bool 7=recursiveReadOnly! 3=mountPath! 4=subPath 5=mountPropagation! 6=subPathExpr
core.VolumeMountStatus 1=name! 2=mountPath! 3=readOnly:bool 4=recursiveReadOnly!
core.VolumeNodeAffinity 1=required!:core.NodeSelector
core.VolumeProjection 1=secret!:core.SecretProjection 2=downwardAPI!:core.DownwardAPIProjection 3=configMap!:core.ConfigMapProjection 4=serviceAccountToken!:core.ServiceAccountTokenProjection 5=clusterTrustBundle!:core.ClusterTrustBundleProjection 6=podCertificate!:core.PodCertificateProjection
core.VolumeResourceRequirements 1=limits{}:quantity 2=requests{}:quantity
core.VolumeSource 1=hostPath!:core.HostPathVolumeSource 2=emptyDir!:core.EmptyDirVolumeSource 3=gcePersistentDisk!:core.GCEPersistentDiskVolumeSource 4=awsElasticBlockStore!:core.AWSElasticBlockStoreVolumeSource 5=gitRepo!:core.GitRepoVolumeSource 6=secret!:core.SecretVolumeSource 7=nfs!:core.NFSVolumeSource 8=iscsi!:core.ISCSIVolumeSource 9=glusterfs!:core.GlusterfsVolumeSource 10=persistentVolumeClaim!:core.PersistentVolumeClaimVolumeSource 11=rbd!:core.RBDVolumeSource 12=flexVolume!:core.FlexVolumeSource 13=cinder!:core.CinderVolumeSource 14=cephfs!:core.CephFSVolumeSource 15=flocker!:core.FlockerVolumeSource 16=downwardAPI!:core.DownwardAPIVolumeSource 17=fc!:core.FCVolumeSource 18=azureFile!:core.AzureFileVolumeSource 19=configMap!:core.ConfigMapVolumeSource 20=vsphereVolume!:core.VsphereVirtualDiskVolumeSource 21=quobyte!:core.QuobyteVolumeSource 22=azureDisk!:core.AzureDiskVolumeSource 23=photonPersistentDisk!:core.PhotonPersistentDiskVolumeSource 26=projected!:core.ProjectedVolumeSource 24=portworxVolume!:core.PortworxVolumeSource 25=scaleIO!:core.ScaleIOVolumeSource 27=storageos!:core.StorageOSVolumeSource 28=csi!:core.CSIVolumeSource 29=ephemeral!:core.EphemeralVolumeSource 30=image!:core.ImageVolumeSource
core.VsphereVirtualDiskVolumeSource 1=volumePath! 2=fsType 3=storagePolicyName 4=storagePolicyID
core.WeightedPodAffinityTerm 1=weight!:int32 2=podAffinityTerm!:core.PodAffinityTerm
core.WindowsSecurityContextOptions 1=gmsaCredentialSpecName! 2=gmsaCredentialSpec! 3=runAsUserName! 4=hostProcess!:bool
discovery.Endpoint 1=addresses[] 2=conditions:discovery.EndpointConditions 3=hostname! 4=targetRef!:core.ObjectReference 5=deprecatedTopology{} 6=nodeName! 7=zone! 8=hints!:discovery.EndpointHints
discovery.EndpointConditions 1=ready!:bool 2=serving!:bool 3=terminating!:bool
discovery.EndpointHints 1=forZones[]:discovery.ForZone 2=forNodes[]:discovery.ForNode
discovery.EndpointPort 1=name! 2=protocol! 3=port!:int32 4=appProtocol!
discovery.EndpointSlice 1=metadata:meta.ObjectMeta 4=addressType! 2=endpoints[]:discovery.Endpoint 3=ports[]:discovery.EndpointPort
discovery.ForNode 1=name!
discovery.ForZone 1=name!
meta.Condition 1=type! 2=status! 3=observedGeneration:int64 4=lastTransitionTime!:time 5=reason! 6=message!
meta.DeleteOptions 1=gracePeriodSeconds!:int64 2=preconditions!:meta.Preconditions 3=orphanDependents!:bool 4=propagationPolicy! 5=dryRun[] 6=ignoreStoreReadErrorWithClusterBreakingPotential!:bool
meta.FieldSelectorRequirement 1=key! 2=operator! 3=values[]
meta.LabelSelector 1=matchLabels{} 2=matchExpressions[]:meta.LabelSelectorRequirement
meta.LabelSelectorRequirement 1=key! 2=operator! 3=values[]
meta.ManagedFieldsEntry 1=manager 2=operation 3=apiVersion 4=time!:time 6=fieldsType 7=fieldsV1!:json 8=subresource
meta.ObjectMeta 1=name 2=generateName 3=namespace 4=selfLink 5=uid 6=resourceVersion 7=generation:int64 8=creationTimestamp:time 9=deletionTimestamp!:time 10=deletionGracePeriodSeconds!:int64 11=labels{} 12=annotations{} 13=ownerReferences[]:meta.OwnerReference 14=finalizers[] 17=managedFields[]:meta.ManagedFieldsEntry
meta.OwnerReference 5=apiVersion! 1=kind! 3=name! 4=uid! 6=controller!:bool 7=blockOwnerDeletion!:bool
meta.Preconditions 1=uid! 2=resourceVersion!
networking.HTTPIngressPath 1=path 3=pathType! 2=backend!:networking.IngressBackend
networking.HTTPIngressRuleValue 1=paths[]:networking.HTTPIngressPath
networking.IPBlock 1=cidr! 2=except[]
networking.Ingress 1=metadata:meta.ObjectMeta 2=spec:networking.IngressSpec 3=status:networking.IngressStatus
networking.IngressBackend 4=service!:networking.IngressServiceBackend 3=resource!:core.TypedLocalObjectReference
networking.IngressClass 1=metadata:meta.ObjectMeta 2=spec:networking.IngressClassSpec
networking.IngressClassParametersReference 1=apiGroup! 2=kind! 3=name! 4=scope! 5=namespace!
networking.IngressClassSpec 1=controller 2=parameters!:networking.IngressClassParametersReference
networking.IngressLoadBalancerIngress 1=ip 2=hostname 4=ports[]:networking.IngressPortStatus
networking.IngressLoadBalancerStatus 1=ingress[]:networking.IngressLoadBalancerIngress
networking.IngressPortStatus 1=port!:int32 2=protocol! 3=error!
networking.IngressRule 1=host 2=!:networking.IngressRuleValue
networking.IngressRuleValue 1=http!:networking.HTTPIngressRuleValue
networking.IngressServiceBackend 1=name! 2=port:networking.ServiceBackendPort
networking.IngressSpec 4=ingressClassName! 1=defaultBackend!:networking.IngressBackend 2=tls[]:networking.IngressTLS 3=rules[]:networking.IngressRule
networking.IngressStatus 1=loadBalancer:networking.IngressLoadBalancerStatus
networking.IngressTLS 1=hosts[] 2=secretName
networking.NetworkPolicy 1=metadata:meta.ObjectMeta 2=spec:networking.NetworkPolicySpec
networking.NetworkPolicyEgressRule 1=ports[]:networking.NetworkPolicyPort 2=to[]:networking.NetworkPolicyPeer
networking.NetworkPolicyIngressRule 1=ports[]:networking.NetworkPolicyPort 2=from[]:networking.NetworkPolicyPeer
networking.NetworkPolicyPeer 1=podSelector!:meta.LabelSelector 2=namespaceSelector!:meta.LabelSelector 3=ipBlock!:networking.IPBlock
networking.NetworkPolicyPort 1=protocol! 2=port!:int-or-string 3=endPort!:int32
networking.NetworkPolicySpec 1=podSelector!:meta.LabelSelector 2=ingress[]:networking.NetworkPolicyIngressRule 3=egress[]:networking.NetworkPolicyEgressRule 4=policyTypes[]
networking.ServiceBackendPort 1=name 2=number:int32
policy.PodDisruptionBudget 1=metadata:meta.ObjectMeta 2=spec:policy.PodDisruptionBudgetSpec 3=status:policy.PodDisruptionBudgetStatus
policy.PodDisruptionBudgetSpec 1=minAvailable!:int-or-string 2=selector!:meta.LabelSelector 3=maxUnavailable!:int-or-string 4=unhealthyPodEvictionPolicy!
policy.PodDisruptionBudgetStatus 1=observedGeneration:int64 2=disruptedPods{}:time 3=disruptionsAllowed!:int32 4=currentHealthy!:int32 5=desiredHealthy!:int32 6=expectedPods!:int32 7=conditions[]:meta.Condition
rbac.AggregationRule 1=clusterRoleSelectors[]:meta.LabelSelector
rbac.ClusterRole 1=metadata:meta.ObjectMeta 2=rules[]:rbac.PolicyRule 3=aggregationRule!:rbac.AggregationRule
rbac.ClusterRoleBinding 1=metadata:meta.ObjectMeta 2=subjects[]:rbac.Subject 3=roleRef!:rbac.RoleRef
rbac.PolicyRule 1=verbs[] 2=apiGroups[] 3=resources[] 4=resourceNames[] 5=nonResourceURLs[]
rbac.Role 1=metadata:meta.ObjectMeta 2=rules[]:rbac.PolicyRule
rbac.RoleBinding 1=metadata:meta.ObjectMeta 2=subjects[]:rbac.Subject 3=roleRef!:rbac.RoleRef
rbac.RoleRef 1=apiGroup! 2=kind! 3=name!
rbac.Subject 1=kind! 2=apiGroup 3=name! 4=namespace
runtime.TypeMeta 1=apiVersion 2=kind
scheduling.PriorityClass 1=metadata:meta.ObjectMeta 2=value!:int32 3=globalDefault:bool 4=description 5=preemptionPolicy!
storage.StorageClass 1=metadata:meta.ObjectMeta 2=provisioner! 3=parameters{} 4=reclaimPolicy! 5=mountOptions[] 6=allowVolumeExpansion!:bool 7=volumeBindingMode! 8=allowedTopologies[]:core.TopologySelectorTerm
`;
