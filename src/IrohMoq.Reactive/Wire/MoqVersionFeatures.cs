namespace IrohMoq.Reactive.Wire;

/// <summary>Tells what a version of moq-lite has, for code that is not the codec of a message.</summary>
internal static class MoqVersionFeatures
{
    extension(MoqVersion version)
    {
        /// <summary>Gets a value that indicates whether announcements carry the ids of the relays that they passed.</summary>
        public bool HasHops => version >= MoqVersion.Lite04;

        /// <summary>Gets a value that indicates whether either side can announce with GOAWAY that it ends the session soon.</summary>
        public bool HasGoaway => version >= MoqVersion.Lite04;

        /// <summary>Gets a value that indicates whether each side states its options in a SETUP.</summary>
        public bool HasSetup => version >= MoqVersion.Lite05;

        /// <summary>
        /// Gets a value that indicates whether the properties of a track are requested with TRACK, SUBSCRIBE_OK tells the first group and
        /// SUBSCRIBE_END the last one, and frames have timestamps.
        /// </summary>
        public bool HasTrackInfo => version >= MoqVersion.Lite05;

        /// <summary>
        /// Gets a value that indicates whether a group is requested with FETCH. The older versions specify the message, but no peer answers
        /// it there.
        /// </summary>
        public bool HasFetch => version >= MoqVersion.Lite05;

        /// <summary>Gets a value that indicates whether a group of one frame can be sent as a datagram.</summary>
        public bool HasDatagrams => version >= MoqVersion.Lite05;

        /// <summary>
        /// Gets a value that indicates whether an announcement is a route over a prefix, and the frames of a group can be requested.
        /// </summary>
        public bool HasRoutes => version >= MoqVersion.Lite06;
    }
}
