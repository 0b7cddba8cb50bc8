using System.Runtime.InteropServices;

namespace IrohMoq.Reactive;

/// <content>Keeps the broadcasts that are published under a name: the current one, and those that it has replaced.</content>
public sealed partial class OriginProducer
{
    /// <summary>Makes a registration current, and returns the registration that had the name before, or null.</summary>
    private Registration? Put(Registration registration, bool staysBelow)
    {
        Registration? before;
        lock (Gate)
        {
            if (_over is not null)
                throw _over();
            ref var current = ref CollectionsMarshal.GetValueRefOrAddDefault(_live ??= [], registration.Path, out _);
            before = current;
            if (staysBelow)
                registration.Below = before;
            current = registration;
            OnChanged(registration.Path, registration.Broadcast);
        }

        registration.Watch();
        return before;
    }

    private void Remove(Registration registration)
    {
        lock (Gate)
        {
            if (_live is null || !_live.TryGetValue(registration.Path, out var top))
                return;
            if (top != registration)
            {
                Unlink(registration, top);
                return;
            }

            if (top.Below is { } below)
                _live[registration.Path] = below;
            else
                _live.Remove(registration.Path);
            OnChanged(registration.Path, top.Below?.Broadcast);
        }
    }

    /// <summary>Tells the listeners that the route of a broadcast has changed, if it is the current one of its name.</summary>
    private void OnRouteChanged(Registration registration)
    {
        lock (Gate)
        {
            if (_cursors is null || _live?.GetValueOrDefault(registration.Path) != registration)
                return;
            foreach (var cursor in _cursors)
                cursor.OnRouteChanged(registration.Path, registration.Broadcast);
        }
    }

    /// <summary>Removes a registration that is not the current one. Listeners are not notified.</summary>
    private static void Unlink(Registration registration, Registration top)
    {
        for (var above = top; above.Below is { } below; above = below)
        {
            if (below != registration)
                continue;
            above.Below = registration.Below;
            return;
        }
    }

    /// <summary>
    /// Represents the publication of one broadcast under one name. It is removed by identity and never by name, so that a later
    /// registration of the name is not affected.
    /// </summary>
    private sealed class Registration : BroadcastListener, IDisposable
    {
        private readonly OriginProducer _origin;
        private bool _isForgotten;

        public Registration(OriginProducer origin, BroadcastPath path, BroadcastConsumer broadcast)
        {
            _origin = origin;
            Path = path;
            Broadcast = broadcast;
        }

        public BroadcastPath Path { get; }

        public BroadcastConsumer Broadcast { get; }

        /// <summary>
        /// Gets or sets the registration that becomes current again when this one is removed. While this one is current, the caller must
        /// hold the lock of the origin.
        /// </summary>
        public Registration? Below { get; set; }

        /// <summary>Begins to listen to the broadcast.</summary>
        public void Watch()
        {
            Broadcast.Producer.Listen(this);
            // The registration may have been replaced before it listened.
            if (Volatile.Read(ref _isForgotten))
                Broadcast.Producer.Unlisten(this);
        }

        /// <summary>Ceases to listen to the broadcast.</summary>
        public void Forget()
        {
            Volatile.Write(ref _isForgotten, true);
            Broadcast.Producer.Unlisten(this);
        }

        public override void OnEnded() => _origin.Remove(this);

        public override void OnRouteChanged() => _origin.OnRouteChanged(this);

        public void Dispose()
        {
            _origin.Remove(this);
            Forget();
        }
    }
}
