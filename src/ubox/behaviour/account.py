"""Regions and projects."""

from __future__ import annotations

from ubox.behaviour.call import Answer, Call, answers
from ubox.store.rows import Host


@answers("GetRegion")
def get_region(call: Call) -> Answer:
    return {
        "Regions": [
            {
                "Region": region,
                "Zone": zone,
                "RegionId": place * 1000 + number,
                "RegionName": region,
                "IsDefault": region == call.box.settings.region,
                "BitMaps": "",
            }
            for place, (region, zones) in enumerate(call.box.settings.regions.items(), 1)
            for number, zone in enumerate(zones, 1)
        ]
    }


@answers("GetProjectList")
def get_project_list(call: Call) -> Answer:
    settings = call.box.settings
    return {
        "ProjectCount": len(settings.projects),
        "ProjectSet": [
            {
                "ProjectId": project,
                "ProjectName": "Default" if project == settings.project_id else project,
                "ParentId": "",
                "ParentName": "",
                "CreateTime": 0,
                "IsDefault": project == settings.project_id,
                "ResourceCount": call.rows.count(Host, project=project),
                "MemberCount": 1,
            }
            for project in settings.projects
        ],
    }
